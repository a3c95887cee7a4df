import { appendFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';

/**
 * Where the launcher's own log lines go: the terminal belongs to the view, and the folder for logs is not known from
 * the start. Lines are held until it is.
 */
export class DeferredLog {
  #file: string | undefined;
  #held = '';

  write(line: string): void {
    if (this.#file === undefined) this.#held += line;
    else append(this.#file, line);
  }

  open(file: string): void {
    mkdirSync(path.dirname(file), { recursive: true });
    appendFileSync(file, this.#held);
    this.#file = file;
    this.#held = '';
  }
}

/** A full disk costs lines of the log, not the launcher. */
function append(file: string, line: string): void {
  try {
    appendFileSync(file, line);
  } catch {
    // There is nowhere else to say so.
  }
}
