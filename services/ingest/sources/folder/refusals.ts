import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** More are not remembered: the oldest are met, and refused, again. */
const MAX_REMEMBERED = 100_000;

/** What identifies a file as it was: whoever writes to it, or may read it now, makes another of it. */
export interface FileState {
  size: number;
  ctimeMs: number;
}

/**
 * Files of a watched folder that were refused, remembered over restarts: they stay where they are, and would be
 * refused, and kept as dead letters, once more at each start. Only hashes are written down.
 */
export class Refusals {
  readonly #file: string;
  readonly #keys: Set<string>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, keys: Set<string>) {
    this.#file = file;
    this.#keys = keys;
  }

  /** @param dataDir folder for what this service must remember */
  static async open(dataDir: string): Promise<Refusals> {
    const file = path.join(dataDir, 'refused-files');
    const lines = await readFile(file, 'utf8').catch(() => '');
    const keys = new Set(lines.split('\n').filter((line) => line !== ''));
    if (keys.size > MAX_REMEMBERED) {
      const kept = [...keys].slice(-MAX_REMEMBERED / 2);
      await writeFile(file, `${kept.join('\n')}\n`);
      return new Refusals(file, new Set(kept));
    }
    await mkdir(dataDir, { recursive: true });
    return new Refusals(file, keys);
  }

  has(file: string, state: FileState): boolean {
    return this.#keys.has(keyOf(file, state));
  }

  /** Remembers a refusal; written in the order of the calls. */
  async add(file: string, state: FileState): Promise<void> {
    const key = keyOf(file, state);
    if (this.#keys.has(key)) return;
    this.#keys.add(key);
    this.#writing = this.#writing.then(() => appendFile(this.#file, `${key}\n`)).catch(() => undefined);
    await this.#writing;
  }
}

const keyOf = (file: string, { size, ctimeMs }: FileState): string =>
  createHash('sha256').update(`${file}\0${size}\0${ctimeMs}`).digest('hex').slice(0, 32);
