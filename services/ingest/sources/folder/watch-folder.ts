import { realpath, stat } from 'node:fs/promises';
import { abortable, pause, untilAborted } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { watchEvents } from './watch-events.js';
import { WatchedFiles, type WatchedFilesOptions } from './watched-files.js';

export interface WatchOptions extends Omit<WatchedFilesOptions, 'root'> {
  folder: string;
  /** The whole folder is looked through this often, for what no event told of. Default: 30 s. */
  rescanMs?: number;
  /** The same where the system tells of no events. Default: 2 s. */
  pollMs?: number;
  /** What tells of events. Default: the system. */
  watches?: typeof watchEvents;
  /** Told when the folder is watched, and by what. */
  onWatching?: (by: 'events' | 'polling') => void;
}

/** @throws INVALID_CONFIG when there is no such folder */
export async function requireWatchFolder(folder: string): Promise<void> {
  const stats = await stat(folder).catch(() => undefined);
  if (!stats?.isDirectory())
    throw new SulcusError('INVALID_CONFIG', `SULCUS_WATCH_DIR "${folder}" is no folder: create it or name another`);
}

/**
 * Takes in every file that lies in or arrives in a folder (ImageFolder layout), until the signal aborts. Files stay. A
 * file that was taken in before is recognised by its content; one that was refused is remembered. Where the system
 * cannot tell of what arrives, the folder is looked through again and again.
 */
export async function watchFolder(options: WatchOptions): Promise<void> {
  const { folder, log, signal, settleMs = 500, rescanMs = 30_000, pollMs = 2_000 } = options;
  const { watches = watchEvents, onWatching } = options;
  const root = await realpath(folder);
  const files = await WatchedFiles.open({ ...options, root });
  const lost = new AbortController();
  let onTold: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (onTold = resolve));
  const events = watches(root, {
    settleMs,
    onFile: (file) => void files.meet(file),
    onReady: () => {
      onWatching?.('events');
      onTold();
    },
    onTrouble: (error) => {
      log.warn({ err: error }, 'the watched folder reports an error');
      if (!isExhausted(error) || lost.signal.aborted) return;
      log.warn(
        { folder, everyMs: pollMs },
        'the system watches no more folders (raise fs.inotify.max_user_watches): it is looked through regularly',
      );
      lost.abort();
    },
  });
  try {
    const watched = AbortSignal.any([signal, lost.signal]);
    // A folder is listed first and watched then: of what comes in between no event tells.
    await abortable(told, watched).catch(() => undefined);
    for (let pauseMs = 2 * settleMs; !watched.aborted; pauseMs = rescanMs) {
      await pause(pauseMs, watched);
      if (!watched.aborted) await files.meetAll(watched);
    }
    if (!signal.aborted) await events.close();
    for (let isFirst = true; !signal.aborted; isFirst = false) {
      await files.meetAll(signal);
      if (isFirst) onWatching?.('polling');
      await pause(pollMs, signal);
    }
    await untilAborted(signal);
  } finally {
    await events.close();
    await files.settled();
  }
}

/** Limits on watches and on what watches them: the first is per user, and anybody's doing. */
const isExhausted = (error: unknown): boolean =>
  ['ENOSPC', 'EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '');
