import { SulcusError } from '#libs/errors';

/** How two classifiers answered the same samples. Only the two discordant counts say which is better. */
export interface PairedOutcomes {
  bothRight: number;
  /** The first was right and the second wrong. */
  onlyFirstRight: number;
  onlySecondRight: number;
  bothWrong: number;
}

/**
 * Compares answers of two classifiers sample by sample.
 *
 * @param first whether the first classifier was right, per sample
 * @param second the same of the second, in the same order
 * @throws INVALID_ARGUMENT when the two are of different length
 */
export function pairOutcomes(first: readonly boolean[], second: readonly boolean[]): PairedOutcomes {
  if (first.length !== second.length) {
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `Answers to ${first.length} and ${second.length} samples cannot be paired`,
    );
  }
  const outcomes: PairedOutcomes = { bothRight: 0, onlyFirstRight: 0, onlySecondRight: 0, bothWrong: 0 };
  first.forEach((right, index) => {
    if (right) outcomes[second[index] ? 'bothRight' : 'onlyFirstRight']++;
    else outcomes[second[index] ? 'onlySecondRight' : 'bothWrong']++;
  });
  return outcomes;
}

/** Samples that were compared. */
export const pairCount = ({ bothRight, onlyFirstRight, onlySecondRight, bothWrong }: PairedOutcomes): number =>
  bothRight + onlyFirstRight + onlySecondRight + bothWrong;

/**
 * One-sided exact McNemar test: the probability of at least so many discordant samples in favour of the first when
 * neither classifier is better, P(X ≥ onlyFirstRight) for X ~ Binomial(discordant, 1/2). 1 when none are discordant.
 *
 * McNemar 1947, "Note on the sampling error of the difference between correlated proportions or percentages",
 * Psychometrika 12; the exact form as in Fagerland, Lydersen & Laake 2013, BMC Medical Research Methodology 13:91.
 */
export function exactMcNemar({ onlyFirstRight, onlySecondRight }: PairedOutcomes): number {
  const discordant = onlyFirstRight + onlySecondRight;
  if (onlyFirstRight === 0) return 1;
  // The shorter tail is summed, from its largest term down: the terms cannot underflow before they stop to matter.
  const upper = onlyFirstRight > discordant / 2;
  const tail = upper ? tailOfHalf(discordant, onlyFirstRight) : 1 - tailOfHalf(discordant, onlySecondRight + 1);
  return Math.min(1, Math.max(0, tail));
}

/** P(X ≥ from) for X ~ Binomial(trials, 1/2), where `from` is above half of the trials. */
function tailOfHalf(trials: number, from: number): number {
  if (from > trials) return 0;
  let logTerm = -trials * Math.LN2;
  for (let k = 1; k <= trials - from; k++) logTerm += Math.log((trials - k + 1) / k);
  let term = Math.exp(logTerm);
  let sum = 0;
  for (let successes = from; successes <= trials && term > sum * Number.EPSILON * 1e-3; successes++) {
    sum += term;
    term *= (trials - successes) / (successes + 1);
  }
  return sum;
}

/**
 * Confidence interval of the difference of two accuracies measured on the same samples, first minus second, by Tango's
 * score method, which keeps its coverage with few samples and with no discordant ones.
 *
 * Tango 1998, "Equivalence test and confidence interval for the difference in proportions for the paired-sample
 * design", Statistics in Medicine 17.
 *
 * @param confidence 0 to 1, both excluded; default 0.95
 * @returns bounds in [-1, 1]; [-1, 1] when there are no samples
 */
export function pairedDifferenceInterval(outcomes: PairedOutcomes, confidence = 0.95): [low: number, high: number] {
  const count = pairCount(outcomes);
  if (count === 0) return [-1, 1];
  const z = normalQuantile(1 - (1 - confidence) / 2);
  const difference = (outcomes.onlyFirstRight - outcomes.onlySecondRight) / count;
  const score = (assumed: number): number => tangoScore(outcomes, count, assumed);
  return [root((assumed) => score(assumed) - z, -1, difference), root((assumed) => score(assumed) + z, difference, 1)];
}

/** Tango's score statistic of an assumed difference: falls from left to right, 0 at the one observed. */
function tangoScore({ onlyFirstRight: b, onlySecondRight: c }: PairedOutcomes, count: number, assumed: number): number {
  const linear = -b - c + (2 * count - b + c) * assumed;
  const constant = -c * assumed * (1 - assumed);
  const nuisance = (Math.sqrt(Math.max(0, linear ** 2 - 8 * count * constant)) - linear) / (4 * count);
  const variance = count * (2 * nuisance + assumed * (1 - assumed));
  const distance = b - c - count * assumed;
  return variance <= 0 ? (distance === 0 ? 0 : Math.sign(distance) * Infinity) : distance / Math.sqrt(variance);
}

/** Where a falling function crosses 0, to the last bits; the nearer end when it does not. */
function root(falling: (at: number) => number, low: number, high: number): number {
  if (falling(low) <= 0) return low;
  if (falling(high) >= 0) return high;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (falling(middle) > 0) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * Quantile of the standard normal distribution, relative error below 1.2e-9.
 * Acklam's rational approximation
 * (https://web.archive.org/web/20151030215612/http://home.online.no/~pjacklam/notes/invnorm/).
 *
 * @param probability 0 to 1, both excluded
 */
export function normalQuantile(probability: number): number {
  if (!(probability > 0 && probability < 1)) {
    throw new SulcusError('INVALID_ARGUMENT', `A probability between 0 and 1 is expected, got ${probability}`);
  }
  if (probability > 0.5) return -normalQuantile(1 - probability);
  if (probability < 0.02425) {
    const tail = Math.sqrt(-2 * Math.log(probability));
    return horner(tail, TAIL_NUMERATOR) / (horner(tail, TAIL_DENOMINATOR) * tail + 1);
  }
  const centred = probability - 0.5;
  const square = centred ** 2;
  return (horner(square, CENTRE_NUMERATOR) * centred) / (horner(square, CENTRE_DENOMINATOR) * square + 1);
}

const CENTRE_NUMERATOR = [
  -3.969683028665376e1, 2.209460984245205e2, -2.759285104469687e2, 1.38357751867269e2, -3.066479806614716e1,
  2.506628277459239,
];
const CENTRE_DENOMINATOR = [
  -5.447609879822406e1, 1.615858368580409e2, -1.556989798598866e2, 6.680131188771972e1, -1.328068155288572e1,
];
const TAIL_NUMERATOR = [
  -7.784894002430293e-3, -3.223964580411365e-1, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const TAIL_DENOMINATOR = [7.784695709041462e-3, 3.224671290700398e-1, 2.445134137142996, 3.754408661907416];

const horner = (at: number, coefficients: readonly number[]): number =>
  coefficients.reduce((sum, coefficient) => sum * at + coefficient, 0);
