import { expectedCalibrationError, LabelledProbabilities, negativeLogLikelihood } from '#libs/calibration';
import { argMax, type GateAnswers } from '#libs/evaluation';
import type { Answers } from './ask-models.js';
import type { GateModel } from './gate-model.js';
import type { HeldOutSample } from './held-out.js';

/** A model and what it answered. */
export interface AnsweredModel extends Pick<GateModel, 'name' | 'classes' | 'temperature'> {
  answers: Answers;
}

/** What a model's answers come to. */
export interface AnswerFigures extends GateAnswers {
  /** Fraction of the samples that were answered rightly, 0-1. */
  accuracy: number;
}

/**
 * A model's answers in figures. Loss and calibration are of the samples whose class the model knows.
 *
 * @param samples at least one, all of them answered, at least one of a class that the model knows
 * @param classes the class list that labels and `predicted` refer to
 */
export function figuresOf(
  samples: readonly HeldOutSample[],
  { name, classes: ownClasses, temperature, answers }: AnsweredModel,
  classes: readonly string[],
): AnswerFigures {
  const known = new LabelledProbabilities(ownClasses.length, samples.length * ownClasses.length);
  const predicted = samples.map(({ scanSequence, classIndex }) => {
    const probabilities = answers.get(scanSequence)!;
    const ownIndex = ownClasses.indexOf(classes[classIndex]!);
    if (ownIndex >= 0) known.add(probabilities, Int32Array.of(ownIndex));
    return classes.indexOf(ownClasses[argMax(probabilities)]!);
  });
  const right = predicted.filter((index, row) => index === samples[row]!.classIndex).length;
  const loss = negativeLogLikelihood(known);
  return {
    version: name,
    predicted,
    loss,
    // Answers that are no numbers belong into no bin.
    calibrationError: Number.isFinite(loss) ? expectedCalibrationError(known, temperature) : NaN,
    accuracy: right / samples.length,
  };
}
