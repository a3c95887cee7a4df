import { MIN_PROBABILITY } from '#libs/calibration';

/** How the probabilities of slices become those of their study. */
export type Aggregation = 'mean' | 'top-k-mean' | 'noisy-or';

export const AGGREGATIONS = ['mean', 'top-k-mean', 'noisy-or'] as const satisfies readonly Aggregation[];

/** Probabilities of one slice, or of a study, in the order of the classes; they sum to 1. */
export type Distribution = readonly number[];

/** Certainty beyond which a slice's evidence would be infinite. */
const MOST_CERTAIN = 1 - MIN_PROBABILITY;

export interface AggregationRule {
  aggregation: Aggregation;
  /** Slices of the top-k mean. */
  topK: number;
  /** Indices of the classes that mean "no finding". The top-k mean and the noisy-or need one. */
  normal: readonly number[];
}

export interface Aggregated {
  probabilities: Distribution;
  /** Indices of the slices it was made from. */
  used: readonly number[];
}

/** Probability of any finding: of every class that is not a normal one. */
export function findingProbability(distribution: Distribution, normal: readonly number[]): number {
  return sum(distribution.filter((_, index) => !normal.includes(index)));
}

/**
 * The probabilities of a study. The order of the slices changes nothing, to the last bit.
 *
 * - `mean`: of all slices.
 * - `top-k-mean`: of the k slices with the highest probability of any finding, all of them when there are fewer.
 * - `noisy-or`: P(any finding) = 1 - Π(1 - fᵢ) over the slices' probabilities of any finding fᵢ. Each slice's evidence
 *   -ln(1 - fᵢ) is divided among the findings as the slice divides fᵢ, and P(any finding) as the sum of the evidence
 *   is: a finding's own noisy-or would be near 1 for every finding of a study with many slices. The rest goes to the
 *   normal classes as their means.
 *
 * @param slices at least one
 */
export function aggregate(slices: readonly Distribution[], { aggregation, topK, normal }: AggregationRule): Aggregated {
  // Sums depend on their order in the last bits, so the slices get an order that depends on nothing but themselves.
  const finding = slices.map((slice) => findingProbability(slice, normal));
  const order = slices
    .map((_, index) => index)
    .sort((left, right) => finding[right]! - finding[left]! || compare(slices[left]!, slices[right]!));
  const chosen = aggregation === 'top-k-mean' ? order.slice(0, topK) : order;
  const rows = chosen.map((index) => slices[index]!);
  return { probabilities: aggregation === 'noisy-or' ? noisyOr(rows, normal) : mean(rows), used: chosen };
}

/** Mean of each class. @param rows at least one */
export function mean(rows: readonly Distribution[]): number[] {
  return rows[0]!.map((_, index) => sum(rows.map((row) => row[index]!)) / rows.length);
}

function noisyOr(rows: readonly Distribution[], normal: readonly number[]): number[] {
  const slices = rows.map((row) => ({ row, finding: findingProbability(row, normal) }));
  const evidence = slices.map(({ finding }) => -Math.log1p(-Math.min(finding, MOST_CERTAIN)));
  const any = -Math.expm1(-sum(evidence));
  const shares = mean(rows).map((average, index) =>
    normal.includes(index)
      ? average
      : sum(slices.map(({ row, finding }, place) => (finding === 0 ? 0 : (evidence[place]! * row[index]!) / finding))),
  );
  const [ofNormal, ofFindings] = [true, false].map((side) =>
    sum(shares.filter((_, index) => normal.includes(index) === side)),
  ) as [number, number];
  return shares.map((share, index) => {
    const [whole, parts] = normal.includes(index) ? [1 - any, ofNormal] : [any, ofFindings];
    return parts === 0 ? 0 : (whole * share) / parts;
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function compare(left: Distribution, right: Distribution): number {
  const index = left.findIndex((value, place) => value !== right[place]);
  return index < 0 ? 0 : left[index]! - right[index]!;
}
