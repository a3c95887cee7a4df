import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { parseEnvironment } from '#libs/config';
import { isPacked, packedStem, unpack } from '#libs/unpack';
import { unwrap } from '#services/ingest';
import { bucketEnvironment } from './bucket/environment.js';
import { fetchBucket, isBucket } from './bucket/fetch-bucket.js';
import { kaggleEnvironment } from './kaggle/environment.js';
import { fetchKaggle, isKaggle } from './kaggle/fetch-dataset.js';
import { runsFolder, shownPath } from './paths.js';

const PROGRESS_INTERVAL_MS = 5000;

export interface OpenDataOptions {
  signal?: AbortSignal | undefined;
  /** Where unpacked data sets are kept. */
  folder?: string;
  environment?: NodeJS.ProcessEnv;
}

/**
 * The folder or manifest that a path names: itself, or, for a zip or tar file, what it holds. It is unpacked once, to
 * `.sulcus/run/unpacked`, in a folder named by the file's path, size and time. `kaggle:owner/name` is downloaded first,
 * `s3://bucket/prefix` copied.
 *
 * @throws INVALID_ARGUMENT for a file that is not to be unpacked; FILE_UNREADABLE; what {@link fetchKaggle} and
 *   {@link fetchBucket} throw
 */
export async function openData(
  data: string,
  { signal, folder = path.join(runsFolder(), 'unpacked'), environment = process.env }: OpenDataOptions = {},
): Promise<string> {
  if (isKaggle(data)) {
    const config = parseEnvironment(kaggleEnvironment, environment);
    return unwrap(await fetchKaggle(data, { folder, config, signal }));
  }
  if (isBucket(data)) {
    const { endpoint } = parseEnvironment(bucketEnvironment, environment);
    const found = await fetchBucket(data, { folder, endpoint, signal });
    return found.endsWith('.csv') ? found : unwrap(found);
  }
  const file = await realpath(data).catch(() => data); // what reads it says best why it cannot be read
  const stats = await stat(file).catch(() => undefined);
  if (!stats?.isFile() || !isPacked(file)) return data;
  const identity = createHash('sha256').update(`${file}\0${stats.size}\0${stats.mtimeMs}`).digest('hex').slice(0, 12);
  const target = path.join(folder, `${packedStem(file)}-${identity}`);
  if (!existsSync(target)) await unpackTo(target, file, signal);
  return unwrap(target);
}

async function unpackTo(target: string, file: string, signal: AbortSignal | undefined): Promise<void> {
  let shownMs = Date.now();
  const name = path.basename(file);
  process.stderr.write(`unpacking ${name} to ${shownPath(target)}\n`);
  try {
    const { files, bytes } = await unpack(file, target, {
      signal,
      onProgress: (unpacked) => {
        if (Date.now() - shownMs < PROGRESS_INTERVAL_MS) return;
        shownMs = Date.now();
        process.stderr.write(`unpacked ${unpacked.files} files of ${name}\n`);
      },
    });
    process.stderr.write(`unpacked ${files} files, ${(bytes / 1e6).toFixed(1)} MB\n`);
  } catch (error) {
    if (!existsSync(target)) throw error; // another process was faster
  }
}
