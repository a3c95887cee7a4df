import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import { isatty } from 'node:tty';

/** Descriptors of the terminal that the process was started in. */
const terminals = [0, 1, 2].filter((descriptor) => isatty(descriptor));

let isWatched = false;

/**
 * Has the process let go, when it exits, of a terminal that was closed meanwhile: Node puts the mode of its terminal
 * back at the end, and aborts where there is none any more (nodejs/node #51519, mended in newer versions).
 */
export function leaveClosedTerminal(): void {
  if (isWatched || terminals.length === 0) return;
  isWatched = true;
  process.on('exit', () => {
    for (const descriptor of terminals) {
      if (isatty(descriptor)) continue;
      try {
        closeSync(descriptor);
        // It gets the number that has just become free.
        openSync(devNull, 'r+');
      } catch {
        // Somebody else has closed it.
      }
    }
  });
}
