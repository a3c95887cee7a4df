/** How the probabilities of slices become those of their study. */
export type Aggregation = 'mean' | 'top-k-mean' | 'noisy-or';

export const AGGREGATIONS = ['mean', 'top-k-mean', 'noisy-or'] as const satisfies readonly Aggregation[];

/** Probabilities of one slice, or of a study, in the order of the classes; they sum to 1. */
export type Distribution = readonly number[];

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
 * - `noisy-or`: P(any finding) = 1 - Π(1 - fᵢ) over the slices' probabilities of any finding fᵢ; it is shared out among the findings
 *   in proportion to each one's own noisy-or, and what is left among the normal classes in proportion to their means.
 *
 * @param slices at least one
 */
export function aggregate(slices: readonly Distribution[], { aggregation, topK, normal }: AggregationRule): Aggregated {
  // Sums depend on their order in the last bits, so the slices get an order that depends on nothing but themselves.
  const finding = slices.map((slice) => findingProbability(slice, normal));
  const order = slices.map((_, index) => index).sort((left, right) => finding[right]! - finding[left]! || compare(slices[left]!, slices[right]!));
  const chosen = aggregation === 'top-k-mean' ? order.slice(0, topK) : order;
  const rows = chosen.map((index) => slices[index]!);
  return { probabilities: aggregation === 'noisy-or' ? noisyOr(rows, normal) : mean(rows), used: chosen };
}

/** Mean of each class. @param rows at least one */
export function mean(rows: readonly Distribution[]): number[] {
  return rows[0]!.map((_, index) => sum(rows.map((row) => row[index]!)) / rows.length);
}

function noisyOr(rows: readonly Distribution[], normal: readonly number[]): number[] {
  const ever = (probabilities: readonly number[]): number => -Math.expm1(sum(probabilities.map((value) => Math.log1p(-Math.min(1, value)))));
  const any = ever(rows.map((row) => findingProbability(row, normal)));
  const means = mean(rows);
  const shares = means.map((value, index) => (normal.includes(index) ? value : ever(rows.map((row) => row[index]!))));
  const total = (ofNormal: boolean): number => sum(shares.filter((_, index) => normal.includes(index) === ofNormal));
  const [normalTotal, findingTotal] = [total(true), total(false)];
  return shares.map((share, index) => {
    const isNormal = normal.includes(index);
    const [whole, parts, count] = isNormal ? [1 - any, normalTotal, normal.length] : [any, findingTotal, shares.length - normal.length];
    return parts === 0 ? whole / count : (whole * share) / parts;
  });
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function compare(left: Distribution, right: Distribution): number {
  const index = left.findIndex((value, place) => value !== right[place]);
  return index < 0 ? 0 : left[index]! - right[index]!;
}
