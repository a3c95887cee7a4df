import { flag, optional, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine } from '#libs/service';
import { audit, type AuditReport } from '../audit/audit.js';
import { FINDING_KINDS, type Repair } from '../audit/findings.js';
import { connectCommand } from '../shared/connect-command.js';
import { jsonOption, natsOption } from '../shared/options.js';
import { archiveIfAny } from './archive/archive-if-any.js';
import { placeOptions } from './archive/open-archive.js';

const OPTIONS = {
  contents: [
    '--contents',
    flag({ default: false, description: 'read every image and all weights too, and compare them with their hashes' }),
  ],
  accepted: [
    '--accepted <file>',
    optional(text({ description: 'samples that senders were told are stored, a SHA-256 a line: each must be there' })),
  ],
  repair: ['--repair', flag({ default: false, description: 'mend what can be mended, and say what was done' })],
  json: jsonOption('write one line of JSON instead of sentences'),
  nats: natsOption,
  ...placeOptions,
} as const;

const NOTES = `Exit code 0: everything is accounted for; 1: it is not, and what is missing is named; 2: something \
could not be looked at.

--json prints one line: {clean, lost, doubled, wrong, unreadable, unrecorded, places, unusedPlaces, samples: {known, \
onScans, archived, withdrawn}, listed, batches, versions, decisions, runs: [{run, mode, learned, putAside, waiting, \
heldOut, unlabelled}], findings: [{kind, where, what, sampleId?, count?}], notListed, repairs: [sentence], \
failedRepairs: [sentence], seconds}. \
lost to unrecorded count findings of that kind, findings names the first 1,000. Where something could not be looked \
at: {clean: false, error: {code, message}}.`;

/** `sulcus audit`: follows every accepted sample from its acceptance to its effect. */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Checks that every accepted sample is accounted for: on SCANS, in the archive, in the batches under way, in the ' +
    'ledgers of the runs, and that every version and alias can be used. It may run beside a pipeline at work.';
  const parsed = parseCommandLine({ name: 'sulcus audit', description, options: OPTIONS, notes: NOTES }, argv);
  if (!parsed) return;
  const { json, nats, contents, accepted, repair } = parsed.options;
  const startedAtMs = performance.now();
  try {
    await using bus = await connectCommand(nats, 'audit');
    const archive = await archiveIfAny(parsed.options);
    const report = await audit({
      bus,
      archive,
      readsContents: contents,
      accepted,
      signal: new AbortController().signal,
    });
    const { repairs, failedRepairs } = await mendAll(repair ? report.findings.repairs : []);
    await archive?.close();
    const seconds = Math.round(performance.now() - startedAtMs) / 1000;
    const mended = { repairs, failedRepairs };
    console.log(json ? JSON.stringify(toJson(report, mended, seconds)) : sentences(report, mended).join('\n'));
    process.exitCode = report.findings.total > repairs.length ? 1 : 0;
  } catch (thrown) {
    const { code, rawMessage: message } = SulcusError.from(thrown);
    if (json) console.log(JSON.stringify({ clean: false, error: { code, message } }));
    process.stderr.write(`audit: cannot check: ${code}: ${message}\n`);
    process.exitCode = 2;
  }
}

/** What was mended, and what could not be, in sentences. */
interface Mended {
  repairs: readonly string[];
  failedRepairs: readonly string[];
}

/** One that fails keeps neither the others from being done nor what was found from being told. */
async function mendAll(mends: readonly Repair[]): Promise<Mended> {
  const mended = { repairs: [] as string[], failedRepairs: [] as string[] };
  for (const mend of mends) {
    try {
      mended.repairs.push(await mend());
    } catch (thrown) {
      const { code, rawMessage } = SulcusError.from(thrown);
      mended.failedRepairs.push(`${code}: ${rawMessage}`);
    }
  }
  return mended;
}

const toJson = ({ findings, ...account }: AuditReport, { repairs, failedRepairs }: Mended, seconds: number) => ({
  clean: findings.total === repairs.length,
  ...findings.counts,
  ...account,
  findings: findings.listed,
  notListed: findings.notListed,
  repairs,
  failedRepairs,
  seconds,
});

function sentences(report: AuditReport, { repairs, failedRepairs }: Mended): string[] {
  const { findings, samples, places, unusedPlaces, runs, batches, versions, decisions, listed } = report;
  const kinds = FINDING_KINDS.filter((kind) => findings.counts[kind] > 0);
  return [
    `${samples.known} samples: ${samples.onScans} on SCANS, ${samples.archived} in the archive alone; ` +
      `${places} places of SCANS given${unusedPlaces > 0 ? `, ${unusedPlaces} of them unused` : ''}; ` +
      `${batches} batches under way; ${versions} versions; ` +
      `${decisions} decisions on record` +
      (listed === undefined ? '' : `; ${listed} on the list of accepted ones`),
    ...runs.map(
      ({ run, mode, learned, putAside, waiting, heldOut, unlabelled }) =>
        `run ${run} (${mode}): ${learned} learned, ${putAside} put aside, ${waiting} waiting, ` +
        `${heldOut} held out, ${unlabelled} without a label of the class list`,
    ),
    ...findings.listed.map(
      ({ kind, where, what, sampleId }) =>
        `${kind}: ${where}${sampleId === undefined ? '' : ` (${sampleId})`}: ${what}`,
    ),
    ...(findings.notListed > 0 ? [`… and ${findings.notListed} more`] : []),
    ...repairs.map((sentence) => `mended: ${sentence}`),
    ...failedRepairs.map((sentence) => `could not be mended: ${sentence}`),
    kinds.length === 0
      ? 'everything is accounted for'
      : kinds.map((kind) => `${findings.counts[kind]} ${kind}`).join(', ') +
        (findings.repairs.length > repairs.length ? `; sulcus audit --repair mends ${findings.repairs.length}` : ''),
  ];
}
