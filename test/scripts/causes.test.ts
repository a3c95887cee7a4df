import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DOWNLOADERS, explainDownload, findCause } from '../../scripts/setup/causes.mjs';

const { npm, pip, apt } = DOWNLOADERS;

/** What the programs write, shortened, with what it means and what to do. */
const CASES = [
  {
    title: "npm's cache below a HOME that is not writable",
    downloader: npm,
    output:
      'npm error code EACCES\nnpm error syscall mkdir\nnpm error path /home/other/.npm/_cacache/tmp\n' +
      'npm error errno EACCES',
    reason: /^\/home\/other\/\.npm\/_cacache\/tmp is not writable/,
    advice: /write access to it, or, if it is below HOME \(.*\), let npm_config_cache name a folder/,
  },
  {
    title: 'a HOME that is no folder',
    downloader: npm,
    output:
      'npm error code ENOTDIR\n' +
      'npm error Invalid response body while trying to fetch https://r.example/x: ENOTDIR: not a directory, ' +
      "mkdir '/dev/null/.npm/_cacache/tmp'",
    reason: /^\/dev\/null\/\.npm\/_cacache\/tmp is not writable/,
    advice: /npm_config_cache/,
  },
  {
    title: 'a name that npm cannot resolve',
    downloader: npm,
    output:
      'npm error code ENOTFOUND\n' +
      'npm error network request to http://r.example/x failed, reason: getaddrinfo ENOTFOUND r.example\n' +
      "npm error network If you are behind a proxy, please make sure that the 'proxy' config is set properly.",
    reason: /^the name r\.example cannot be resolved/,
    advice: /DNS.*npm config get registry/,
  },
  {
    title: 'a name that pip cannot resolve, which pip calls a version that it could not find',
    downloader: pip,
    output:
      'WARNING: Retrying (Retry(total=0)) after connection broken by ' +
      "'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to " +
      "establish a new connection: [Errno -2] Name or service not known')': /simple/x/\n" +
      'ERROR: Could not find a version that satisfies the requirement x==1 (from versions: none)\n' +
      'ERROR: No matching distribution found for x==1',
    reason: /^the name of the server cannot be resolved/,
    advice: /DNS.*pip config list/,
  },
  {
    title: 'a server that refuses pip',
    downloader: pip,
    output:
      'Looking in indexes: http://127.0.0.1:9/simple\n' +
      "WARNING: Retrying after connection broken by 'NewConnectionError('[Errno 111] Connection refused')': " +
      '/simple/x/\nERROR: No matching distribution found for x==1',
    reason: /^http:\/\/127\.0\.0\.1:9\/simple refuses connections/,
    advice: /pip config list.*HTTPS_PROXY/,
  },
  {
    title: 'a proxy whose name cannot be resolved',
    downloader: pip,
    output:
      "WARNING: Retrying after connection broken by 'ProxyError('Cannot connect to proxy.', " +
      "NewConnectionError('[Errno -2] Name or service not known'))'",
    reason: /^the proxy does not answer/,
    advice: /HTTPS_PROXY/,
  },
  {
    title: 'an index without the package',
    downloader: pip,
    output: 'ERROR: Could not find a version\nERROR: No matching distribution found for x==1',
    reason: /^the server does not offer it/,
    advice: /pip config list/,
  },
  {
    title: 'a full disk under pip',
    downloader: pip,
    output: 'ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device',
    reason: /^the disk is full/,
    advice: /^free some space$/,
  },
  {
    title: 'another file than the published one',
    downloader: npm,
    output: 'npm error code EINTEGRITY\nnpm error Integrity checksum failed when using sha512: wanted a but got b',
    reason: /^a file arrived that is not the published one/,
    advice: /npm cache clean --force.*npm config get registry/,
  },
  {
    title: 'a certificate that is not trusted',
    downloader: npm,
    output: 'npm error code SELF_SIGNED_CERT_IN_CHAIN\nnpm error request to https://r.example/x failed',
    reason: /^the server's certificate is not trusted/,
    advice: /NODE_EXTRA_CA_CERTS/,
  },
  {
    title: 'a name that apt cannot resolve',
    downloader: apt,
    output: "E: Failed to fetch http://d.example/dists/forky/InRelease  Could not resolve 'd.example'",
    reason: /^the name d\.example cannot be resolved/,
    advice: /sources\.list/,
  },
  {
    title: 'what nobody foresaw, in its own words',
    downloader: pip,
    output: 'ERROR: the moon is in the way',
    reason: /^ERROR: the moon is in the way$/,
    advice: /pip config list/,
  },
];

describe('the cause of a download that failed', () => {
  for (const { title, downloader, output, reason, advice } of CASES) {
    it(`is found: ${title}`, () => {
      const cause = findCause(output, downloader);
      assert.match(cause.reason, reason);
      assert.match(cause.advice, advice);
    });
  }

  it("is said in one line with the program's own words", () => {
    assert.equal(
      explainDownload('npm error code ENOSPC\nnpm error ENOSPC: no space left on device, write', npm),
      'the disk is full (npm error ENOSPC: no space left on device, write): free some space',
    );
  });
});
