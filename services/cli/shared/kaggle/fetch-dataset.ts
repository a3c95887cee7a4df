import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { download, type DownloadProgress } from '#libs/download';
import { SulcusError } from '#libs/errors';
import { unpack } from '#libs/unpack';
import { shownPath } from '../paths.js';
import { kaggleCredentials } from './credentials.js';
import type { KaggleConfig } from './environment.js';

const PREFIX = 'kaggle:';
const NAME = /^([\w-]+)\/([\w-]+)(?:\/versions\/(\d+))?$/;

const PROGRESS_INTERVAL_MS = 5000;

/** Whether data are named as Kaggle's, as in `kaggle:owner/name`. */
export const isKaggle = (data: string): boolean => data.startsWith(PREFIX);

export interface KaggleFetch {
  /** Where unpacked data sets are kept. */
  folder: string;
  config: KaggleConfig;
  signal?: AbortSignal | undefined;
}

/**
 * Downloads and unpacks a data set of Kaggle, once: what is there is taken as it is, and a download that was cut short
 * goes on.
 *
 * @param data `kaggle:owner/name` or `kaggle:owner/name/versions/3`
 * @returns the folder with what the data set holds
 * @throws INVALID_CONFIG for a wrong name and for credentials that are missing, open to others or not accepted;
 * NOT_FOUND; SERVICE_UNAVAILABLE; STORAGE_FULL; INVALID_ARGUMENT for a zip file that is not to be unpacked
 */
export async function fetchKaggle(data: string, { folder, config, signal }: KaggleFetch): Promise<string> {
  const [, owner, name, version] = NAME.exec(data.slice(PREFIX.length)) ?? [];
  if (owner === undefined || name === undefined)
    throw new SulcusError('INVALID_CONFIG', `"${data}": expected kaggle:owner/name, as in the data set's address`);
  const stem = ['kaggle', owner, name, ...(version === undefined ? [] : [version])].join('-');
  const target = path.join(folder, stem);
  if (existsSync(target)) return target;
  const { username, key } = await kaggleCredentials(config);
  const zip = path.join(folder, `${stem}.zip`);
  if (!existsSync(zip)) {
    const query = version === undefined ? '' : `?datasetVersionNumber=${version}`;
    process.stderr.write(`downloading ${owner}/${name} from Kaggle\n`);
    await download(`${config.apiUrl}/datasets/download/${owner}/${name}${query}`, zip, {
      headers: { authorization: `Basic ${Buffer.from(`${username}:${key}`).toString('base64')}` },
      onProgress: everyFewSeconds((line) => process.stderr.write(`${line}\n`)),
      onRetry: ({ rawMessage }) => process.stderr.write(`${rawMessage}: going on with it\n`),
      ...(signal && { signal }),
    }).catch((error: SulcusError) => {
      throw explained(error, `${owner}/${name}`, username);
    });
  }
  const { files } = await unpack(zip, target, { ...(signal && { signal }) });
  rmSync(zip);
  process.stderr.write(`unpacked ${files} files to ${shownPath(target)}\n`);
  return target;
}

function everyFewSeconds(show: (line: string) => void): (progress: DownloadProgress) => void {
  let shownMs = Date.now();
  return ({ bytes, totalBytes }) => {
    if (Date.now() - shownMs < PROGRESS_INTERVAL_MS) return;
    shownMs = Date.now();
    const of = totalBytes === undefined ? '' : ` of ${(totalBytes / 1e6).toFixed(1)}`;
    show(`downloaded ${(bytes / 1e6).toFixed(1)}${of} MB`);
  };
}

function explained(error: SulcusError, name: string, username: string): SulcusError {
  const options = { cause: error };
  switch (error.code) {
    case 'UNAUTHENTICATED':
      return new SulcusError(
        'INVALID_CONFIG',
        `Kaggle does not accept the key of "${username}": make a new one`,
        options,
      );
    case 'PERMISSION_DENIED':
      return new SulcusError(
        'INVALID_CONFIG',
        `Kaggle does not give "${name}" to "${username}": accept its terms on kaggle.com, or check the key`,
        options,
      );
    case 'NOT_FOUND':
      return new SulcusError('NOT_FOUND', `Kaggle has no data set "${name}"`, options);
    default:
      return error;
  }
}
