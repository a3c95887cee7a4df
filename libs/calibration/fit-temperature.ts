import type { LabelledProbabilities } from './labelled-probabilities.js';
import { expectedCalibrationError, negativeLogLikelihood } from './measures.js';
import { MIN_PROBABILITY } from './temperature.js';

/** A fitted temperature and what it changes on the samples it was fitted on. */
export interface Calibration {
  /** Probabilities are served at this temperature; 1: as the network gives them. */
  temperature: number;
  /** Held-out samples it was fitted on. */
  samples: number;
  /** Mean cross-entropy as the network answers, and at the temperature; nats. */
  nllBefore: number;
  nllAfter: number;
  /** Expected calibration error, 15 bins, 0-1. */
  eceBefore: number;
  eceAfter: number;
  /** Why the temperature is 1 although a fit was tried. */
  reason?: string;
}

/** With fewer samples the temperature says more about chance than about the network. */
export const CALIBRATION_MIN_SAMPLES = 50;

/**
 * Temperatures that are believed. A best one outside means that the samples cannot tell, for example because all were
 * answered right.
 */
export const TEMPERATURE_RANGE = { min: 0.05, max: 20 } as const;

/** Halvings of the interval: leaves less of it than a double can tell. */
const BISECTIONS = 60;

/**
 * The temperature with the lowest mean cross-entropy. As a function of β = 1/T that is convex (a log-sum-exp less a
 * linear term), so its one minimum lies where the derivative changes its sign, and bisection finds it without a
 * starting point.
 *
 * @param answers on samples that the network did not learn from
 * @returns temperature 1 with the reason where no fit can be trusted; never worse than that on the samples themselves
 */
export function fitTemperature(answers: LabelledProbabilities): Calibration {
  const samples = answers.count;
  if (samples === 0)
    return { temperature: 1, samples, nllBefore: 0, nllAfter: 0, eceBefore: 0, eceAfter: 0, reason: 'no samples' };
  const nllBefore = negativeLogLikelihood(answers);
  const eceBefore = expectedCalibrationError(answers);
  const asItIs = (reason: string): Calibration => ({
    temperature: 1,
    samples,
    nllBefore,
    nllAfter: nllBefore,
    eceBefore,
    eceAfter: eceBefore,
    reason,
  });
  if (samples < CALIBRATION_MIN_SAMPLES)
    return asItIs(`${samples} samples are too few: at least ${CALIBRATION_MIN_SAMPLES} are needed`);

  const rows = Array.from(answers, ({ probabilities, label }) => ({
    logarithms: Array.from(probabilities, (value) => Math.log(Math.max(value, MIN_PROBABILITY))),
    label,
  }));
  let [low, high] = [1 / TEMPERATURE_RANGE.max, 1 / TEMPERATURE_RANGE.min];
  if (derivative(rows, high) <= 0)
    return asItIs(`the best temperature is below ${TEMPERATURE_RANGE.min}: these samples set no limit to certainty`);
  if (derivative(rows, low) >= 0)
    return asItIs(`the best temperature is above ${TEMPERATURE_RANGE.max}: on these samples the answers say nothing`);
  for (let step = 0; step < BISECTIONS; step++) {
    const middle = (low + high) / 2;
    if (derivative(rows, middle) > 0) high = middle;
    else low = middle;
  }
  const temperature = 2 / (low + high);
  const nllAfter = negativeLogLikelihood(answers, temperature);
  if (!(nllAfter < nllBefore)) return asItIs('no temperature is better than 1');
  return {
    temperature,
    samples,
    nllBefore,
    nllAfter,
    eceBefore,
    eceAfter: expectedCalibrationError(answers, temperature),
  };
}

/**
 * Derivative of the summed cross-entropy by β: the expected log-probability under the answers at β, less that of the
 * true class.
 */
function derivative(rows: readonly { logarithms: readonly number[]; label: number }[], beta: number): number {
  let sum = 0;
  for (const { logarithms, label } of rows) {
    const highest = Math.max(...logarithms);
    let [weights, weighted] = [0, 0];
    for (const value of logarithms) {
      const weight = Math.exp(beta * (value - highest));
      weights += weight;
      weighted += weight * value;
    }
    sum += weighted / weights - logarithms[label]!;
  }
  return sum;
}
