/**
 * Judging classifiers: whether one is better than another on the same samples, and how far a figure can be trusted.
 * Imports `#libs/errors` alone.
 *
 *     const verdict = judge(labels, candidateAnswers, championAnswers, { classNames });
 *     console.log(verdict.promote, verdict.reason);
 */
export { argMax } from './arg-max.js';
export {
  exactMcNemar,
  normalQuantile,
  pairCount,
  pairedDifferenceInterval,
  pairOutcomes,
  type PairedOutcomes,
} from './paired-test.js';
export { wilsonInterval } from './proportion-interval.js';
export {
  DEFAULT_GATE_POLICY,
  isSignificantlyWorse,
  judge,
  type GateAnswers,
  type GatePolicy,
  type GateVerdict,
} from './gate.js';
