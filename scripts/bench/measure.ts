/** What one party did in one turn, or what several turns come to. */
export interface Measurement {
  readonly imagesPerSecond: number;
  /** Time from asking for a step to its answer. */
  readonly stepMs: { readonly p50: number; readonly p95: number };
  /** Most memory resident at a time since the party was warm, summed over its processes. */
  readonly peakRssBytes: number;
  /**
   * Processor time, user and system, of all processes and threads that are needed: what other work on the machine
   * changes least.
   */
  readonly processorMsPerImage: number;
}

/** A party that is measured: it is warm, and runs only while asked to. */
export interface Contestant {
  readonly name: string;
  /** The processes whose memory counts. */
  readonly pids: readonly number[];
  /** Runs steps for about `seconds`. */
  measure(seconds: number): Promise<Turn>;
  close(): Promise<void>;
}

/** What a party did in one turn. */
export interface Turn {
  /** The times of the steps. */
  readonly stepsMs: readonly number[];
  /** Processor time of all steps. */
  readonly processorMs: number;
}

/** The value below which `share` of the sorted numbers lie (nearest rank). */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)]!;
}

/** The middle of numbers; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1]! + sorted[middle]!) / 2 : sorted[Math.floor(middle)]!;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** Throughput of one turn. */
export const throughput = (stepsMs: readonly number[], batch: number): number =>
  (batch * stepsMs.length * 1000) / total(stepsMs);

/** Throughput as the median of the turns; percentiles and processor time over the steps of all turns. */
export function summarise(turns: readonly Turn[], batch: number, peakRssBytes: number): Measurement {
  const all = turns.flatMap(({ stepsMs }) => stepsMs);
  return {
    imagesPerSecond: median(turns.map(({ stepsMs }) => throughput(stepsMs, batch))),
    stepMs: { p50: percentile(all, 0.5), p95: percentile(all, 0.95) },
    peakRssBytes,
    processorMsPerImage: total(turns.map(({ processorMs }) => processorMs)) / (batch * all.length),
  };
}

/** Runs `step` again and again for about `seconds`, at least once; the time of each in milliseconds. */
export async function timeSteps(step: () => Promise<unknown>, seconds: number): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + seconds * 1000;
  do {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}
