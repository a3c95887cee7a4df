/**
 * Writes docs/broker-accounts.md from the table that the broker's configuration is made from. With --check it only
 * compares, and fails when they differ.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { CORE_GRANTS, CORE_SERVICES, siteGrants, sitePermissions, type Grants } from '#libs/bus';

const FILE = new URL('../docs/broker-accounts.md', import.meta.url);

const HEAD = `# Users of the broker

Who may do what at the broker that \`npm start\` and the containers run: made from the table that its configuration is
made from (\`npm run generate\`). What is not here the broker refuses, and says so: PERMISSION_DENIED with the subject.
Everybody has a key of his own (an nkey) and an inbox of his own, where nobody else can listen.

The **operator**, as whom the launcher and the commands work, may do everything with the streams and buckets of sulcus,
and nothing else: he alone makes and resizes streams.
`;

const code = (texts: readonly string[]): string =>
  texts.length === 0 ? '–' : texts.map((text) => `\`${text}\``).join(' ');

function core(name: string, grants: Grants): string {
  const { description, publish, read, work, remove, purge, readBuckets, writeBuckets } = grants;
  const rows = [
    ['stores under', code(publish)],
    ['reads', code(read)],
    ['takes and acknowledges', code(work.map(({ stream, consumer }) => `${stream}/${consumer}`))],
    ['deletes messages of', code(remove)],
    ['deletes subjects of', code(purge)],
    ['reads buckets', code(readBuckets)],
    ['writes buckets', code(writeBuckets)],
  ];
  return `## ${name}\n\n${capital(description)}.\n\n${table(rows)}\n`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const table = (rows: readonly (readonly string[])[]): string =>
  ['| may | what |', '|---|---|', ...rows.map(([may, what]) => `| ${may} | ${what} |`)].join('\n');

const site = siteGrants('SITE');
const text = [
  HEAD,
  ...CORE_SERVICES.map((service) => core(service, CORE_GRANTS[service])),
  `## A site

${capital(site.description)}. Imports of \`npm start\`, and an ingest
that stands at the site SITE, work as \`site-SITE\`, which lies in an account of its own and sees of the core what is
lent to it.

${table([
  ['stores under', code(site.publish)],
  ['looks up, by a key that it knows', code(site.lookUp.map(({ subject }) => subject))],
  ['reads, by readers that the archiver makes for it', '`SCANS` (its own) `KV_archive` (of a study that it knows)'],
  ['has erased', 'a scan of its own that was withdrawn, by the archiver'],
])}

It makes no consumers, lists no subjects, deletes nothing. All that it may say:

${sitePermissions('SITE')
  .publish.map((subject) => `    ${subject}`)
  .join('\n')}
`,
  `## What this does not do

- **Services of the core are trusted with the broker as a whole.** They make consumers, and who may do that can have
  the broker deliver what he has written under any subject. Their permissions keep mistakes small; signatures of
  versions (\`SULCUS_TRUSTED_KEYS\`) hold also against them.
- **Sites share** the subjects of events, dead letters and large images: one could fill them, repeat the message id of
  a dead letter or of a label that an import brings, or send another content under the hash of a large image before the
  site that has it does. What they store there names them, and nobody learns from it.
- **A blob is deleted by subject**, which the broker does not look at: who deletes some may delete all.
- Whoever reads the key files is their user: they are as secret as the machine's accounts.
`,
].join('\n');

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (!existsSync(FILE) || readFileSync(FILE, 'utf8') !== text) {
  console.error('docs/broker-accounts.md differs from the grants in the code.\nRun: npm run generate');
  process.exitCode = 1;
}
