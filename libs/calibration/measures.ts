import type { LabelledProbabilities } from './labelled-probabilities.js';
import { MIN_PROBABILITY, temperatureScaled } from './temperature.js';

/** Mean cross-entropy of the answers at a temperature, nats per sample. */
export function negativeLogLikelihood(answers: LabelledProbabilities, temperature = 1): number {
  let sum = 0;
  for (const { probabilities, label } of answers) {
    const logarithms = Array.from(probabilities, (value) => Math.log(Math.max(value, MIN_PROBABILITY)) / temperature);
    const highest = Math.max(...logarithms);
    sum +=
      highest +
      Math.log(logarithms.reduce((total, value) => total + Math.exp(value - highest), 0)) -
      logarithms[label]!;
  }
  return sum / answers.count;
}

/** Bins of equal width, as Guo et al. (2017, "On Calibration of Modern Neural Networks") and most since use. */
const BINS = 15;

/**
 * Expected calibration error at a temperature, 0-1: how far the highest probability of an answer is from the share of
 * such answers that are right, in 15 bins of equal width (lower edge excluded), weighted by their number of answers.
 */
export function expectedCalibrationError(answers: LabelledProbabilities, temperature = 1): number {
  const bins = Array.from({ length: BINS }, () => ({ confidence: 0, correct: 0 }));
  for (const { probabilities, label } of answers) {
    const scaled = temperatureScaled(probabilities, temperature);
    const confidence = Math.max(...scaled);
    const bin = bins[Math.min(BINS - 1, Math.max(0, Math.ceil(confidence * BINS) - 1))]!;
    bin.confidence += confidence;
    bin.correct += scaled.indexOf(confidence) === label ? 1 : 0;
  }
  return bins.reduce((sum, { confidence, correct }) => sum + Math.abs(confidence - correct), 0) / answers.count;
}
