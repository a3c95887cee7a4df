import { watch } from 'chokidar';
import path from 'node:path';
import { isClutter } from './layout.js';

export interface WatchEvents {
  /** A file's size has not changed for this long when it is told of. */
  settleMs: number;
  onFile: (file: string) => void;
  /** Everything that was there has been told of. */
  onReady: () => void;
  onTrouble: (error: unknown) => void;
}

/** Tells of files that lie in a folder or arrive there. Links are not followed: what they lead to is told of itself. */
export function watchEvents(
  root: string,
  { settleMs, onFile, onReady, onTrouble }: WatchEvents,
): { close(): Promise<void> } {
  const watcher = watch(root, {
    followSymlinks: false,
    ignored: (file) => path.relative(root, file).split(path.sep).some(isIgnored),
    awaitWriteFinish: { stabilityThreshold: settleMs, pollInterval: Math.min(100, settleMs) },
  });
  watcher.on('add', onFile);
  watcher.on('change', onFile);
  watcher.on('ready', onReady);
  watcher.on('error', onTrouble);
  return { close: () => watcher.close() };
}

const isIgnored = (segment: string): boolean => segment !== '' && segment !== '..' && isClutter(segment);
