import { createHash } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArchivedSeries } from './archive.js';

/** Series that were fetched whole, over restarts: `pulled-series` in the data folder, by hashes of their UIDs. */
export class PulledSeries {
  readonly #file: string;
  /** Objects that each had. */
  readonly #known: Map<string, number>;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, known: Map<string, number>) {
    this.#file = file;
    this.#known = known;
  }

  static async open(dataDir: string): Promise<PulledSeries> {
    const file = path.join(dataDir, 'pulled-series');
    await mkdir(dataDir, { recursive: true });
    const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n');
    // A line that was being written when the power went is none.
    const known = lines.flatMap((line) => {
      const [, key, count] = /^([0-9a-f]{32}) (\d+)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, Number(count)] as const];
    });
    return new PulledSeries(file, new Map(known));
  }

  /** Whether there is anything in it that was not fetched: late slices make it due again. */
  isDue({ seriesUid, instances }: ArchivedSeries): boolean {
    const known = this.#known.get(keyOf(seriesUid));
    return known === undefined || (instances !== undefined && instances > known);
  }

  /** It was fetched whole. @param count objects that came */
  async add({ seriesUid }: ArchivedSeries, count: number): Promise<void> {
    this.#known.set(keyOf(seriesUid), count);
    this.#writing = this.#writing.then(() =>
      appendFile(this.#file, `${keyOf(seriesUid)} ${count}\n`, { mode: 0o600, flush: true }),
    );
    await this.#writing;
  }
}

const keyOf = (seriesUid: string): string => createHash('sha256').update(seriesUid).digest('hex').slice(0, 32);
