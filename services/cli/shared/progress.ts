const CLEAR_LINE = '\r\x1b[2K';

/**
 * Shows on a terminal how far a command is, in a line that is written over and disappears in the end.
 *
 * @param what is counted, for example `images`
 */
export function showProgress(done: number, total: number, what: string): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(done === total ? CLEAR_LINE : `\r${done} of ${total} ${what}`);
}
