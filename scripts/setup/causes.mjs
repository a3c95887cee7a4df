/** Why npm, pip or apt failed, told apart by what they write, with what to do about each. */
import { mainError } from './process.mjs';

/**
 * @typedef {object} Downloader how a program is told where from, where to and whom to trust
 * @property {string} address the setting that names its server
 * @property {string} [cache] the variable that names its cache
 * @property {string} [purge] the command that empties its cache
 * @property {string} [certificates] the variable that names certificates to trust
 */

/** @type {Record<'npm' | 'pip' | 'apt', Downloader>} */
export const DOWNLOADERS = {
  npm: {
    address: 'npm config get registry',
    cache: 'npm_config_cache',
    purge: 'npm cache clean --force',
    certificates: 'NODE_EXTRA_CA_CERTS',
  },
  pip: {
    address: 'python3 -m pip config list',
    cache: 'PIP_CACHE_DIR',
    purge: 'pip cache purge',
    certificates: 'PIP_CERT',
  },
  apt: { address: '/etc/apt/sources.list and /etc/apt/sources.list.d' },
};

/** The first group that matches anywhere in a text. @param {string} text @param {readonly RegExp[]} patterns */
const findFirst = (text, patterns) => patterns.map((pattern) => pattern.exec(text)?.[1]).find(Boolean);

const HOST = [/(?:ENOTFOUND|EAI_AGAIN) (\S+)/, /could not resolve '([^']+)'/i, /host='([^']+)'/];
const ADDRESS = [/ECONNREFUSED (\S+)/, /could not connect to (\S+)/i, /indexes: (\S+)/];
const FILE = [/^npm error path (.+)$/m, /(?:EACCES|EPERM|EROFS|ENOTDIR)[^']*'([^']+)'/, /\[Errno \d+\][^']*'([^']+)'/];

/**
 * In order: what stands further up is the cause of what stands further down.
 * @type {readonly { pattern: RegExp, what: (text: string) => string, todo: (downloader: Downloader) => string }[]}
 */
const CAUSES = [
  {
    pattern: /ENOSPC|no space left|EDQUOT|quota exceeded/i,
    what: () => 'the disk is full',
    todo: () => 'free some space',
  },
  {
    pattern: /EINTEGRITY|do not match the hashes|hash sum mismatch/i,
    what: () => 'a file arrived that is not the published one',
    todo: ({ address, purge }) =>
      `${purge ? `empty the cache (${purge}) and ` : ''}look at where it comes from (${address})`,
  },
  {
    pattern: /certificate (verify failed|is NOT trusted)|self[- ]signed certificate|UNABLE_TO_(GET|VERIFY)|CERT_[A-Z]/i,
    what: () => "the server's certificate is not trusted",
    todo: ({ certificates }) =>
      certificates ? `let ${certificates} name the certificates of your proxy or mirror` : 'install its certificate',
  },
  {
    pattern: /ProxyError|cannot connect to proxy|tunneling socket could not be established/i,
    what: () => 'the proxy does not answer',
    todo: () => 'look at HTTPS_PROXY and HTTP_PROXY',
  },
  {
    pattern: /ENOTFOUND|EAI_AGAIN|name or service not known|temporary failure (in name )?resol|could not resolve/i,
    what: (text) => `the name ${findFirst(text, HOST) ?? 'of the server'} cannot be resolved`,
    todo: ({ address }) => `check the network, its DNS and where packages come from (${address})`,
  },
  {
    pattern: /ECONNREFUSED|connection refused/i,
    what: (text) => `${findFirst(text, ADDRESS) ?? 'the server'} refuses connections`,
    todo: ({ address }) => `look at where packages come from (${address}) and at HTTPS_PROXY`,
  },
  {
    pattern: /E(SOCKET)?TIMEDOUT|E(NET|HOST)UNREACH|ECONNRESET|timed out|network is unreachable|no route to host/i,
    what: () => 'the server cannot be reached',
    todo: ({ address }) => `check the network, HTTPS_PROXY and where packages come from (${address})`,
  },
  {
    pattern: /EACCES|EPERM|EROFS|ENOTDIR|permission denied|read-only file system/i,
    what: (text) => `${findFirst(text, FILE) ?? 'a folder'} is not writable`,
    todo: ({ cache }) =>
      `give yourself write access to it${
        cache ? `, or, if it is below HOME (${process.env.HOME ?? 'not set'}), let ${cache} name a folder that is` : ''
      }`,
  },
  {
    pattern: /\bE?40[13]\b|unauthorized|forbidden/i,
    what: () => 'the server asks for credentials',
    todo: ({ address }) => `look at where packages come from (${address})`,
  },
  {
    pattern: /\bE?404\b|no matching distribution/i,
    what: () => 'the server does not offer it',
    todo: ({ address }) => `look at where packages come from (${address})`,
  },
];

/**
 * What went wrong and what to do about it.
 * @param {string} output all that the program wrote
 * @param {Downloader} downloader
 * @returns {{ reason: string, words?: string, advice: string }} such as `the disk is full` and `free some space`, with
 *   the program's own words where they tell more; the reason is its own words where the cause is not known
 */
export function findCause(output, downloader) {
  const cause = CAUSES.find(({ pattern }) => pattern.test(output));
  const words = mainError(output);
  if (!cause) return { reason: words, advice: `look at where packages come from (${downloader.address})` };
  // pip ends every failure with "could not find a version", which would only lead astray.
  const telling = cause.pattern.test(words) ? { words } : {};
  return { reason: cause.what(output), ...telling, advice: cause.todo(downloader) };
}

/** The same as the end of a sentence that begins with what was tried. */
export function explainDownload(output, downloader) {
  const { reason, words, advice } = findCause(output, downloader);
  return `${reason}${words ? ` (${words})` : ''}: ${advice}`;
}
