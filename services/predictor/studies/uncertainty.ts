import { findingProbability, mean, type Distribution } from './aggregate.js';

/** Shannon entropy, nats. */
export function entropy(distribution: Distribution): number {
  return -distribution.reduce((sum, value) => sum + (value > 0 ? value * Math.log(value) : 0), 0);
}

/** Entropy as a fraction of the highest possible, 0-1. */
export function relativeEntropy(distribution: Distribution): number {
  return distribution.length < 2 ? 0 : Math.min(1, Math.max(0, entropy(distribution) / Math.log(distribution.length)));
}

/**
 * How little the slices that show a finding agree on which: 1 less the share of the finding that leads on most of them,
 * 0-1. Slices without a finding have no say: most slices of a study with a finding show none.
 *
 * @param threshold probability of any finding from which a slice shows one
 */
export function disagreement(slices: readonly Distribution[], normal: readonly number[], threshold: number): number {
  const showing = slices.filter((slice) => findingProbability(slice, normal) >= threshold);
  if (normal.length === 0 || showing.length === 0) return 0;
  const votes = new Map<number, number>();
  for (const slice of showing) {
    const findings = slice.map((value, index) => (normal.includes(index) ? -1 : value));
    const leading = findings.indexOf(Math.max(...findings));
    votes.set(leading, (votes.get(leading) ?? 0) + 1);
  }
  return 1 - Math.max(...votes.values()) / showing.length;
}

/**
 * Mutual information between view and class, nats: entropy of the mean less the mean entropy. It is what the views
 * disagree about; what they are unsure of together is not in it.
 */
export function mutualInformation(views: readonly Distribution[]): number {
  return Math.max(0, entropy(mean(views)) - views.reduce((sum, view) => sum + entropy(view), 0) / views.length);
}

/**
 * Standard deviation of the values themselves, not an estimate for a larger population: the views are all there are.
 */
export function standardDeviation(values: readonly number[]): number {
  const average = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length);
}
