import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { retryWithBackoff } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { failureOf } from './failure-of.js';

export interface DownloadProgress {
  /** On disk, those of earlier attempts included. */
  bytes: number;
  /** Undefined when the server does not say. */
  totalBytes: number | undefined;
}

export interface DownloadOptions {
  /** Sent to the server that is asked; `authorization` goes no further when it redirects to another. */
  headers?: Readonly<Record<string, string>>;
  onProgress?: (progress: DownloadProgress) => void;
  /** Told of each failure behind which there is another attempt. */
  onRetry?: (failure: SulcusError) => void;
  /** Attempts one after the other that bring not a byte, after which it is given up. Default: 5. */
  maxAttempts?: number;
  signal?: AbortSignal;
}

/**
 * Downloads a file, which appears when it is whole. What has arrived lies beside it (`.part`, with the server's tag for
 * the file in `.part.tag`): another attempt, or another process, goes on there if the file is still the same.
 *
 * @throws UNAUTHENTICATED, PERMISSION_DENIED, NOT_FOUND, INVALID_ARGUMENT as the server says; SERVICE_UNAVAILABLE when
 * it cannot be reached or breaks off again and again; STORAGE_FULL; the signal's reason
 */
export async function download(url: string, file: string, options: DownloadOptions = {}): Promise<void> {
  const { maxAttempts = 5, signal, onRetry } = options;
  await mkdir(path.dirname(file), { recursive: true });
  const part = `${file}.part`;
  let before = await sizeOf(part);
  let fruitless = 0;
  const attempt = async (): Promise<void> => {
    try {
      await fetchRest(url, part, options);
    } catch (error) {
      signal?.throwIfAborted();
      const after = await sizeOf(part);
      fruitless = after > before ? 0 : fruitless + 1;
      before = after;
      throw error;
    }
  };
  await retryWithBackoff(attempt, {
    firstDelayMs: 500,
    maxDelayMs: 10_000,
    ...(signal && { signal }),
    shouldRetry: ({ code }) => code === 'SERVICE_UNAVAILABLE' && fruitless < maxAttempts,
    onRetry: (failure) => onRetry?.(failure),
  });
  await rename(part, file);
  await rm(`${part}.tag`, { force: true });
}

/** Asks for what is missing, and appends it. */
async function fetchRest(url: string, part: string, { headers, signal, onProgress }: DownloadOptions): Promise<void> {
  const tag = await readFile(`${part}.tag`, 'utf8').catch(() => '');
  // Without a tag nobody knows whether the rest belongs to what is here.
  const have = tag === '' ? 0 : await sizeOf(part);
  const resume: Record<string, string> = have > 0 ? { range: `bytes=${have}-`, 'if-range': tag } : {};
  try {
    const response = await fetch(url, {
      headers: { ...headers, 'accept-encoding': 'identity', ...resume },
      ...(signal && { signal }),
    });
    if (response.status === 416 && totalOf(response) === have) return; // it was whole
    if (response.status === 416) await rm(part, { force: true });
    if (!response.ok || !response.body) throw failureOf(response.status, url);
    const begin = response.status === 206 ? have : 0;
    const total = response.status === 206 ? totalOf(response) : lengthOf(response);
    if (begin === 0) {
      await rm(part, { force: true }); // before the tag: a part never lies beside the tag of another file
      await writeFile(`${part}.tag`, strongTagOf(response));
    }
    let bytes = begin;
    // What is told is on the disk: where the connection breaks, the next attempt goes on behind it.
    await using handle = await open(part, begin === 0 ? 'w' : 'a');
    for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
      await handle.writeFile(chunk);
      bytes += chunk.length;
      onProgress?.({ bytes, totalBytes: total });
    }
    if (total !== undefined && bytes !== total)
      throw new SulcusError('SERVICE_UNAVAILABLE', `The server ended after ${bytes} of ${total} bytes`);
  } catch (error) {
    signal?.throwIfAborted();
    throw explained(error as NodeJS.ErrnoException);
  }
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  );

const lengthOf = ({ headers }: Response): number | undefined => {
  const length = headers.get('content-length');
  return length === null ? undefined : Number(length);
};

/** Of the whole file, from `bytes 5-9/10` or `bytes *\/10`. */
const totalOf = ({ headers }: Response): number | undefined => {
  const total = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return total === undefined ? undefined : Number(total);
};

/** A weak tag does not promise the same bytes; empty: none. */
const strongTagOf = ({ headers }: Response): string => {
  const tag = headers.get('etag') ?? '';
  return tag.startsWith('W/') ? '' : tag;
};

function explained(error: NodeJS.ErrnoException): SulcusError {
  if (error instanceof SulcusError) return error;
  const options = { cause: error };
  if (error.code === 'ENOSPC')
    return new SulcusError('STORAGE_FULL', 'There is no room left on the disk for the download', options);
  if (['EACCES', 'EPERM', 'EROFS', 'EISDIR'].includes(error.code ?? ''))
    return new SulcusError('FILE_UNREADABLE', `The download cannot be written: ${error.message}`, options);
  const cause = error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
  return new SulcusError('SERVICE_UNAVAILABLE', `The download broke off (${cause})`, options);
}
