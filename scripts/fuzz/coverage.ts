import { Session } from 'node:inspector/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** What of our code a target ran, on the main thread. */
export interface Coverage {
  /** Functions and blocks, each `file:from-to`. */
  readonly functions: ReadonlySet<string>;
  readonly blocks: ReadonlySet<string>;
}

const ROOT = path.resolve(import.meta.dirname, '../..');
const OURS = /^(libs|services)\//;

/** Counts the functions and blocks of libs and services that run, as V8 does (Profiler.startPreciseCoverage). */
export class CoverageCounter {
  readonly #session = new Session();

  async start(): Promise<void> {
    this.#session.connect();
    await this.#session.post('Profiler.enable');
    await this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** What ran since the last call. */
  async take(): Promise<Coverage> {
    const { result } = await this.#session.post('Profiler.takePreciseCoverage');
    const coverage = { functions: new Set<string>(), blocks: new Set<string>() };
    for (const { url, functions } of result) {
      if (!url.startsWith('file:')) continue;
      const file = path.relative(ROOT, fileURLToPath(url));
      if (!OURS.test(file)) continue;
      for (const { ranges, functionName } of functions)
        for (const [index, { startOffset, endOffset, count }] of ranges.entries()) {
          if (count === 0) continue;
          const place = `${file}:${startOffset}-${endOffset}`;
          if (index === 0 && functionName !== '') coverage.functions.add(place);
          coverage.blocks.add(place);
        }
    }
    return coverage;
  }
}
