import { expectedCalibrationError, LabelledProbabilities, negativeLogLikelihood } from '#libs/calibration';
import { SulcusError } from '#libs/errors';
import {
  argMax,
  exactMcNemar,
  pairCount,
  pairedDifferenceInterval,
  pairOutcomes,
  wilsonInterval,
  type PairedOutcomes,
} from '#libs/evaluation';
import { classificationMetrics, confusionMatrix, perClassMetrics } from '../../launcher/evaluation/metrics.js';
import type { AnswersBySample } from './answer-images.js';

/** A model with what it answered. */
export interface AnsweredSubject {
  name: string;
  classes: readonly string[];
  temperature: number;
  answers: AnswersBySample;
}

/** How well a model answers, on the images of classes that it knows. Shares are 0-1. A contract: scripts read it. */
export interface VersionFigures {
  version: string;
  /** Images. */
  n: number;
  accuracy: number;
  /** 95 % interval of the accuracy, by Wilson. */
  accuracyInterval: [low: number, high: number];
  /** Mean cross-entropy of the answers as the network gives them, nats. */
  loss: number;
  /** F1 averaged over classes by their number of images. */
  f1Weighted: number;
  /** In the order of the outputs. `id`: place of the class among them. */
  perClass: { class: string; id: number; precision: number; recall: number; f1: number; n: number }[];
  /** Expected calibration error in 15 bins, at the temperature that the model is served at. */
  calibrationError: number;
  temperature: number;
  /** Rows: true class; columns: answered class; in the order of the outputs. */
  confusion: number[][];
  /** Images left out, for the model does not know their class, by class. */
  unknownClasses: Record<string, number>;
}

/** Two models on the same images: those of classes that both know. The first minus the second. */
export interface PairedFigures {
  first: string;
  second: string;
  n: number;
  /** Of the accuracies. */
  difference: number;
  /** Its 95 % interval, by Tango. */
  interval: [low: number, high: number];
  /** Exact McNemar test, two-sided: how often two equally good models would differ so much. */
  pValue: number;
  outcomes: PairedOutcomes;
  /** The same in plain words. */
  sentence: string;
}

/** @throws INVALID_ARGUMENT when the model knows the class of none of the images */
export function figuresOf({ name, classes, temperature, answers }: AnsweredSubject): VersionFigures {
  const known = new LabelledProbabilities(classes.length, Math.max(1, answers.size * classes.length));
  const pairs: [number, number][] = [];
  const unknownClasses = new Map<string, number>();
  for (const { label, probabilities } of answers.values()) {
    const trueIndex = classes.indexOf(label);
    if (trueIndex < 0) {
      unknownClasses.set(label, (unknownClasses.get(label) ?? 0) + 1);
      continue;
    }
    known.add(probabilities, Int32Array.of(trueIndex));
    pairs.push([trueIndex, argMax(probabilities)]);
  }
  if (pairs.length === 0) {
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `${name} knows the class of none of the images: it answers ${classes.join(', ')}`,
    );
  }
  const confusion = confusionMatrix(classes.length, pairs);
  const { n, accuracy, f1Weighted } = classificationMetrics(confusion);
  return {
    version: name,
    n,
    accuracy,
    accuracyInterval: wilsonInterval(Math.round(accuracy * n), n),
    loss: negativeLogLikelihood(known),
    f1Weighted,
    perClass: perClassMetrics(confusion).map(({ precision, recall, f1, support }, id) => ({
      class: classes[id]!,
      id,
      precision,
      recall,
      f1,
      n: support,
    })),
    calibrationError: expectedCalibrationError(known, temperature),
    temperature,
    confusion,
    unknownClasses: Object.fromEntries(unknownClasses),
  };
}

/** @throws INVALID_ARGUMENT when there is no image of a class that both know */
export function pairedFigures(first: AnsweredSubject, second: AnsweredSubject): PairedFigures {
  const both = [...first.answers].filter(
    ([sampleId, { label }]) =>
      second.answers.has(sampleId) && first.classes.includes(label) && second.classes.includes(label),
  );
  if (both.length === 0) {
    throw new SulcusError('INVALID_ARGUMENT', `${first.name} and ${second.name} know no class of the images in common`);
  }
  const isRight = ({ classes, answers }: AnsweredSubject): boolean[] =>
    both.map(([sampleId, { label }]) => classes[argMax(answers.get(sampleId)!.probabilities)] === label);
  const outcomes = pairOutcomes(isRight(first), isRight(second));
  const n = pairCount(outcomes);
  const difference = (outcomes.onlyFirstRight - outcomes.onlySecondRight) / n;
  const interval = pairedDifferenceInterval(outcomes);
  const pValue = twoSided(outcomes);
  const figures = { first: first.name, second: second.name, n, difference, interval, pValue, outcomes };
  return { ...figures, sentence: sentenceOf(figures) };
}

/** Twice the smaller of the two one-sided tests, at most 1. */
function twoSided(outcomes: PairedOutcomes): number {
  const { onlyFirstRight, onlySecondRight } = outcomes;
  const other = { ...outcomes, onlyFirstRight: onlySecondRight, onlySecondRight: onlyFirstRight };
  return Math.min(1, 2 * Math.min(exactMcNemar(outcomes), exactMcNemar(other)));
}

const SIGNIFICANCE = 0.05;

const signedPoints = (share: number): string => `${share < 0 ? '−' : '+'}${(Math.abs(share) * 100).toFixed(1)}`;

function sentenceOf(figures: Omit<PairedFigures, 'sentence'>): string {
  const { first, second, n, difference, interval, pValue, outcomes } = figures;
  const [low, high] = interval.map(signedPoints);
  const finding =
    pValue > SIGNIFICANCE
      ? `${first} and ${second} do not differ by more than chance explains`
      : `${first} is ${difference > 0 ? 'better' : 'worse'} than ${second}`;
  return (
    `${finding}: ${signedPoints(difference)} points (95 % interval ${low} to ${high}) on ${n} images, ` +
    `${outcomes.onlyFirstRight} of which it alone answers rightly and ${outcomes.onlySecondRight} the other alone, ` +
    `p = ${pValue.toPrecision(2)}`
  );
}
