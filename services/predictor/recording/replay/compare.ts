import type { Computation, PredictionRecord } from '#libs/contracts';
import type { Replayed } from './replay.js';

/**
 * How far probabilities may be apart when something else computes them: kernels add up in another order. bfloat16 keeps
 * 8 bits of each value.
 */
const TOLERANCE_ELSEWHERE: Readonly<Record<string, number>> = { float32: 1e-4, bfloat16: 2e-2 };

/** Facts that decide over the order in which kernels add up. */
const DECISIVE = [
  'precision',
  'batchSize',
  'batchRow',
  'engine',
  'device',
  'processor',
  'engineThreads',
  'softwareVersion',
] as const satisfies readonly (keyof Computation)[];

/** A recorded prediction beside the same one made again. */
export interface Comparison {
  /** identical: the same 32-bit floats. close: within the tolerance. different: outside of it. */
  verdict: 'identical' | 'close' | 'different';
  maxDifference: number;
  /** Largest difference that passes; 0: the same floats or nothing. */
  tolerance: number;
  /** What was computed otherwise than then, for example `processor: A then, B now`. */
  computedOtherwise: string[];
}

/**
 * Compares to the bit when the same processor, library and number of threads computed both: then nothing is left that
 * may differ. Elsewhere, and on a GPU, whose sums have no fixed order, rounding may.
 *
 * @param tolerance instead of the one that follows from that
 */
export function compare(
  record: PredictionRecord,
  { probabilities, computation }: Replayed,
  tolerance = toleranceFor(record.computation!, computation),
): Comparison {
  const maxDifference = record.probabilities.reduce(
    (largest, recorded, index) => Math.max(largest, Math.abs(recorded - probabilities[index]!)),
    0,
  );
  const verdict = maxDifference === 0 ? 'identical' : maxDifference <= tolerance ? 'close' : 'different';
  return { verdict, maxDifference, tolerance, computedOtherwise: differences(record.computation!, computation) };
}

function toleranceFor(then: Computation, now: Computation): number {
  const exact = differences(then, now).length === 0 && now.device.startsWith('CPU');
  return exact ? 0 : (TOLERANCE_ELSEWHERE[then.precision] ?? 0);
}

const differences = (then: Computation, now: Computation): string[] =>
  DECISIVE.filter((fact) => then[fact] !== now[fact]).map((fact) => `${fact}: ${then[fact]} then, ${now[fact]} now`);
