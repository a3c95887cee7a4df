import { readFileSync } from 'node:fs';

/** What one party did in one turn, or what several turns come to. */
export interface Measurement {
  readonly imagesPerSecond: number;
  /** Time from asking for a step to its answer. */
  readonly stepMs: { readonly p50: number; readonly p95: number };
  /** Most memory ever resident, of all processes that are needed. */
  readonly peakRssBytes: number;
  /** Processor time, user and system, of all processes and threads that are needed; where the party tells. */
  readonly processorMsPerImage?: number;
}

/** A party that is measured: it is warm, and runs only while asked to. */
export interface Contestant {
  readonly name: string;
  /** Runs steps for about `seconds`; the times of the steps in milliseconds. */
  measure(seconds: number): Promise<readonly number[]>;
  peakRssBytes(): Promise<number>;
  /** Processor time spent in all turns so far. */
  processorMs?(): number;
  close(): Promise<void>;
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
export const throughput = (stepsMs: readonly number[], batch: number): number => (batch * stepsMs.length * 1000) / total(stepsMs);

/** Throughput as the median of the turns; percentiles over the steps of all turns. */
export function summarise(turns: readonly (readonly number[])[], batch: number, peakRssBytes: number, processorMs?: number): Measurement {
  const all = turns.flat();
  const measured = { imagesPerSecond: median(turns.map((turn) => throughput(turn, batch))), stepMs: { p50: percentile(all, 0.5), p95: percentile(all, 0.95) }, peakRssBytes };
  return processorMs === undefined ? measured : { ...measured, processorMsPerImage: processorMs / (batch * all.length) };
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

/** Most memory a process ever had resident (Linux: VmHWM). */
export function peakRssBytes(pid: number | 'self'): number {
  const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/${pid}/status does not tell the peak memory`);
  return Number(kibibytes) * 1024;
}
