/**
 * apt with its own sources and state in a folder: it reads no list of the machine, installs nothing and needs no root.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SetupError } from './output.mjs';
import { DOWNLOADERS, explainDownload, findCause } from './causes.mjs';
import { run } from './process.mjs';

const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * A paragraph in apt's deb822 form. apt refuses what the named key has not signed.
 * @param {import('./apt-sources.mjs').AptSource} source
 */
export function formatDeb822({ uri, suites, components, signedBy }) {
  const key = signedBy ?? (existsSync(DEBIAN_KEYRING) ? DEBIAN_KEYRING : undefined);
  return [
    'Types: deb',
    `URIs: ${uri}`,
    `Suites: ${suites.join(' ')}`,
    ...(components.length > 0 ? [`Components: ${components.join(' ')}`] : []),
    // A key may stand in the source itself, over several lines.
    ...(key ? [key.startsWith('\n') ? `Signed-By:${key}` : `Signed-By: ${key}`] : []),
    '',
  ].join('\n');
}

/**
 * How the machine reaches its archives (proxies, certificates), without its hooks and its wishes for further indexes.
 */
async function transportSettings() {
  const { code, stdout } = await run('apt-config', ['dump']);
  if (code !== 0)
    throw new SetupError(
      'apt is not on this machine. It brings nats-server: install nats-server 2.10.27 or newer yourself and ' +
        'put it on PATH, or point SULCUS_NATS_SERVER at it.',
    );
  return stdout
    .split('\n')
    .filter((line) => /^Acquire::/.test(line) && !/^Acquire::(IndexTargets|Languages|GzipIndexes)/.test(line));
}

/**
 * @param {string} folder an empty folder for sources, indexes and downloads
 * @param {readonly import('./apt-sources.mjs').AptSource[]} sources
 */
export async function openPrivateApt(folder, sources) {
  for (const part of ['state/lists/partial', 'cache/archives/partial', 'empty'])
    mkdirSync(path.join(folder, part), { recursive: true });
  writeFileSync(path.join(folder, 'state/status'), '');
  writeFileSync(path.join(folder, 'sulcus.sources'), sources.map(formatDeb822).join('\n'));
  const configuration = path.join(folder, 'apt.conf');
  const settings = {
    'Dir::State': path.join(folder, 'state'),
    'Dir::State::status': path.join(folder, 'state/status'),
    'Dir::Cache': path.join(folder, 'cache'),
    'Dir::Etc::sourcelist': path.join(folder, 'sulcus.sources'),
    'Dir::Etc::sourceparts': path.join(folder, 'empty'),
    'Dir::Etc::preferences': '/dev/null',
    'Dir::Etc::preferencesparts': path.join(folder, 'empty'),
    'Dir::Etc::main': '/dev/null',
    'Dir::Etc::parts': path.join(folder, 'empty'),
    'Acquire::Languages': 'none',
    'Acquire::Retries': '2',
    'APT::Sandbox::User': '',
    'APT::Update::Error-Mode': 'any',
  };
  writeFileSync(
    configuration,
    [...(await transportSettings()), ...Object.entries(settings).map(([key, value]) => `${key} "${value}";`), ''].join(
      '\n',
    ),
  );
  const env = { ...process.env, APT_CONFIG: configuration, LC_ALL: 'C' };

  return {
    /**
     * Reads the archive's signed index.
     * @returns {Promise<{ reason: string, advice: string } | undefined>} why it could not be read
     */
    async update() {
      const { code, stdout, stderr } = await run('apt-get', ['update', '-q'], { env });
      return code === 0 ? undefined : findCause(`${stderr}\n${stdout}`, DOWNLOADERS.apt);
    },

    /**
     * The newest version on offer.
     * @param {string} name
     * @returns {Promise<{ version: string, sha256: string } | undefined>}
     */
    async candidate(name) {
      const { stdout } = await run('apt-cache', ['show', '--no-all-versions', name], { env });
      const field = (key) => new RegExp(`^${key}: (.+)$`, 'm').exec(stdout)?.[1];
      const [version, sha256] = [field('Version'), field('SHA256')];
      return version && sha256 ? { version, sha256 } : undefined;
    },

    /**
     * A package and all that it depends on.
     * @param {string} name
     * @returns {Promise<string[]>}
     */
    async dependenciesOf(name) {
      const leave = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
      const options = ['--recurse', ...leave.map((kind) => `--no-${kind}`)];
      const { stdout } = await run('apt-cache', ['depends', ...options, name], { env });
      // Names of virtual packages stand in angle brackets, dependencies behind blanks.
      return [
        ...new Set(
          stdout
            .split('\n')
            .filter((line) => /^[a-z0-9]/.test(line))
            .map((line) => line.trim()),
        ),
      ];
    },

    /**
     * Downloads a package file, checked by apt against the signed index.
     * @param {string} name
     * @returns {Promise<string>} its path
     */
    async download(name) {
      const target = path.join(folder, 'cache');
      const { code, stderr } = await run('apt-get', ['download', '-q', name], { env, cwd: target });
      const file = readdirSync(target).find((entry) => entry.startsWith(`${name}_`) && entry.endsWith('.deb'));
      if (code !== 0 || !file)
        throw new SetupError(
          `apt could not download ${name}: ${explainDownload(stderr, DOWNLOADERS.apt)}; then run again.`,
        );
      return path.join(target, file);
    },
  };
}
