import { watch } from 'chokidar';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import { retryWithBackoff, untilAborted } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { Ingestor } from '../../pipeline/ingestor.js';
import { ingestFile } from '../files/ingest-file.js';
import { isOffered, placeOf } from './layout.js';

export interface WatchOptions {
  folder: string;
  ingestor: Ingestor;
  maxFileBytes: number;
  log: Logger;
  signal: AbortSignal;
  /** A file is complete when its size has not changed for this long. Default: 500 ms. */
  settleMs?: number;
  /** Whether links may lead out of the folder. Default: false. */
  readsOutside?: boolean;
}

/** Files read and not yet stored, at most. */
const FILE_WINDOW = 16;
const RETRY_MS = 5_000;

/** @throws INVALID_CONFIG when there is no such folder */
export async function requireWatchFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch(() => undefined);
  if (!stats?.isDirectory())
    throw new SulcusError('INVALID_CONFIG', `SULCUS_WATCH_DIR "${folder}" is no folder: create it or name another`);
}

/**
 * Takes in every file that lies in or arrives in a folder (ImageFolder layout), until the signal aborts. Files stay.
 * Nothing is remembered between runs: a file that was taken in before is recognised by its content.
 */
export async function watchFolder({
  folder,
  ingestor,
  maxFileBytes,
  log,
  signal,
  settleMs = 500,
  readsOutside = false,
}: WatchOptions): Promise<void> {
  const slots = pLimit(FILE_WINDOW);
  const running = new Set<Promise<void>>();
  const within = readsOutside ? undefined : await realpath(folder);
  const take = (file: string): void => {
    const source = path.relative(folder, file);
    if (signal.aborted || !isOffered(source)) return;
    const task = slots(() => takeUntilDone(file, source)).finally(() => running.delete(task));
    running.add(task);
  };

  /** The file waits on disk, so there is no reason to give up. */
  async function takeUntilDone(file: string, source: string): Promise<void> {
    const attempt = async (): Promise<void> => {
      if (await isGone(file)) return;
      await ingestFile(ingestor, { file, source, within, ...placeOf(source) }, maxFileBytes, { signal });
    };
    await retryWithBackoff(attempt, {
      firstDelayMs: RETRY_MS,
      maxDelayMs: RETRY_MS,
      signal,
      shouldRetry: () => true,
      onRetry: (error) => log.error({ err: error, source }, 'a watched file could not be taken in: it is tried again'),
    }).catch((error: unknown) => {
      if (!signal.aborted) log.error({ err: error, source }, 'a watched file cannot be taken in');
    });
  }

  const watcher = watch(folder, {
    ignored: (file) =>
      path
        .relative(folder, file)
        .split(path.sep)
        .some((segment) => segment.startsWith('.') && segment !== '..'),
    awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval: Math.min(100, settleMs) },
  });
  watcher.on('add', take);
  watcher.on('change', take);
  watcher.on('error', (error) => log.warn({ err: error }, 'the watched folder reports an error'));

  try {
    await untilAborted(signal);
  } finally {
    await watcher.close();
    await Promise.allSettled(running);
  }
}

/** Somebody took the file away between its arrival and now. */
const isGone = (file: string): Promise<boolean> =>
  stat(file).then(
    () => false,
    (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
  );
