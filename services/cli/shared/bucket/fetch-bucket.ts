import { createHash, randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import { openObjectStore, type ObjectStore } from '#libs/archive';
import { SulcusError } from '#libs/errors';
import { shownPath } from '../paths.js';

/** Objects that are read at the same time; each is in memory once. */
const AT_ONCE = 8;
const PROGRESS_INTERVAL_MS = 5_000;

/** Whether data are named as a bucket's, as in `s3://bucket/prefix`. */
export const isBucket = (data: string): boolean => data.startsWith('s3://');

export interface BucketFetch {
  /** Where copies of data sets are kept. */
  folder: string;
  /** Of a server other than AWS. */
  endpoint: string | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Copies what lies in a bucket under a prefix to this machine. What is here in the same size is taken as it is, so that
 * a copy that was cut short goes on, and one that is asked for again brings what is new.
 *
 * @param data `s3://bucket/prefix`, a folder of classes or of manifests with their images; or a manifest that ends in
 *   `.csv`, which is copied with all that lies beside it
 * @returns the folder, or the manifest, on this machine
 * @throws NOT_FOUND where nothing lies there; INVALID_CONFIG; SERVICE_UNAVAILABLE; STORAGE_FULL
 */
export async function fetchBucket(data: string, { folder, endpoint, signal }: BucketFetch): Promise<string> {
  const isManifest = data.toLowerCase().endsWith('.csv');
  const prefix = isManifest ? data.slice(0, data.lastIndexOf('/')) : data.replace(/\/+$/, '');
  const identity = createHash('sha256')
    .update(`${endpoint ?? ''}\0${prefix}`)
    .digest('hex')
    .slice(0, 12);
  const target = path.join(folder, `${prefix.split('/').at(-1)!}-${identity}`);
  const store = await openObjectStore(prefix, endpoint);
  try {
    const found = await copyAll(store, target, signal);
    if (found === 0) throw new SulcusError('NOT_FOUND', `Nothing lies in ${store.description}`);
  } finally {
    await store.close();
  }
  return isManifest ? path.join(target, data.slice(data.lastIndexOf('/') + 1)) : target;
}

/** @returns objects that lie there */
async function copyAll(store: ObjectStore, target: string, signal: AbortSignal | undefined): Promise<number> {
  const limit = pLimit(AT_ONCE);
  const copying = new Set<Promise<void>>();
  const counts = { found: 0, copied: 0, bytes: 0 };
  let failure: SulcusError | undefined;
  let shownMs = Date.now();
  for await (const { key, sizeBytes } of store.list('', signal)) {
    signal?.throwIfAborted();
    if (failure !== undefined) break;
    // Some tools write an object for a folder.
    if (key === '' || key.endsWith('/')) continue;
    counts.found++;
    const file = fileOf(target, key);
    if ((await stat(file).catch(() => undefined))?.size === sizeBytes) continue;
    const copy = limit(() => copyOne(store, key, file, signal))
      .then((bytes) => {
        counts.copied++;
        counts.bytes += bytes;
        if (Date.now() - shownMs < PROGRESS_INTERVAL_MS) return;
        shownMs = Date.now();
        process.stderr.write(`copied ${counts.copied} objects, ${(counts.bytes / 1e6).toFixed(1)} MB\n`);
      })
      .catch((error: unknown) => void (failure ??= SulcusError.from(error)))
      .finally(() => copying.delete(copy));
    copying.add(copy);
    // The list may be long: it is not read far ahead of the copies.
    while (copying.size >= 4 * AT_ONCE) await Promise.race(copying);
  }
  await Promise.all(copying);
  if (failure !== undefined) throw failure;
  if (counts.copied > 0)
    process.stderr.write(
      `copied ${counts.copied} of ${counts.found} objects, ${(counts.bytes / 1e6).toFixed(1)} MB, from ` +
        `${store.description} to ${shownPath(target)}\n`,
    );
  return counts.found;
}

/** Where an object lies on this machine. @throws INVALID_ARGUMENT for a key that leads out of the folder */
function fileOf(target: string, key: string): string {
  const parts = key.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..') || /[\\\0]/.test(key))
    throw new SulcusError('INVALID_ARGUMENT', `The key "${key.slice(0, 200)}" is no path below a folder`);
  return path.join(target, ...parts);
}

/** The file appears whole or not at all. @returns its size */
async function copyOne(store: ObjectStore, key: string, file: string, signal?: AbortSignal): Promise<number> {
  const bytes = await store.get(key, signal);
  // It was deleted since it was listed.
  if (bytes === undefined) return 0;
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(4).toString('hex')}.part`;
  try {
    await writeFile(draft, bytes);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw SulcusError.from(error);
  }
  return bytes.length;
}
