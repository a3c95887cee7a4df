/** What the system says when nobody reads the output any more: a pipe's reader has ended, a terminal was closed. */
const GONE: ReadonlySet<string | undefined> = new Set(['EPIPE', 'EIO']);

let listener: (() => void) | undefined;

/** Has a command go on to an end of its own when nobody reads its output any more; by itself it ends at once. */
export function onOutputGone(callback: () => void): void {
  listener = callback;
}

/** Whoever reads the output may have seen enough, as `head` does. */
export function outputFailed(error: NodeJS.ErrnoException): void {
  if (!GONE.has(error.code)) throw error;
  if (listener) listener();
  else process.exit();
}
