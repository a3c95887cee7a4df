import type { StudyDecision } from '#libs/contracts';
import { table } from '#libs/service';
import { describeCost, type RunCost } from './cost.js';
import type { TestMetrics } from './evaluation/metrics.js';
import type { PipelineState } from './state/pipeline-state.js';
import { percent } from '../shared/percent.js';

/** What `--json` writes: a contract, scripts read it. Fractions are 0-1. */
export interface RunSummary {
  /** offered = ingested + duplicates + rejected + deadLettered. */
  images: {
    offered: number;
    ingested: number;
    duplicates: number;
    /** Refused at ingest; kept in the dead-letter stream. */
    rejected: number;
    /** Accepted at ingest and given up later; kept in the dead-letter stream. */
    deadLettered: number;
  };
  /** Where the ingested images are. */
  split: { train: number; validation: number; gate: number; test: number };
  /** What trained, such as `tensorflow 2.21.0 (CPU:0)` or `portable (tfjs-wasm 4.22.0)`. */
  engine: string;
  training: { steps: number; epochs: number; samples: number; imagesPerSecond: number; inputStallFraction: number };
  models: { version: string; validation: { loss: number; accuracy: number }; promoted: boolean }[];
  served: { version: string; swaps: number; requests: number; failedRequests: number };
  /** Absent when nothing was evaluated. */
  test?: TestMetrics;
  /** Absent without `--price-per-hour`. */
  cost?: RunCost;
  /** With `--site`. */
  site?: SiteResult;
}

/** What came of the new patient's study in a hospital that was played. */
export interface SiteResult {
  studyInstanceUid: string;
  patientId: string;
  /** What the phantom shows. */
  drawnAs: string;
  decision: StudyDecision;
  predictedClass: string;
  /** File of the DICOM SR. */
  report: string;
  /** From the start of the launcher to the written report. */
  seconds: number;
}

/** Requests that were made to the predictor throughout the run. */
export interface RequestCounts {
  requests: number;
  failedRequests: number;
}

/** The version that answered last, if any has; an answer may be here before the predictor's message about its swap. */
type Answers = RequestCounts & { readonly lastVersion?: string };

export function summarise(
  state: PipelineState,
  { requests, failedRequests, lastVersion }: Answers,
  test?: TestMetrics,
  cost?: RunCost,
): RunSummary {
  const { offered, ingested, duplicates, rejected, ...split } = state.ingest;
  const lost = [...state.lostSamples.values()];
  const lostOf = (side: string): number => lost.filter((lostSplit) => lostSplit === side).length;
  const training = state.finished ?? state.training;
  return {
    images: { offered, ingested: ingested - lost.length, duplicates, rejected, deadLettered: lost.length },
    split: {
      train: split.train - lostOf('SPLIT_TRAIN'),
      validation: split.validation - lostOf('SPLIT_VALIDATION'),
      gate: split.gate - lostOf('SPLIT_GATE'),
      test: split.test - lostOf('SPLIT_TEST'),
    },
    engine: state.engine,
    training: {
      steps: state.finished?.steps ?? state.training?.step ?? 0,
      epochs: state.finished?.epochs ?? state.epochsCompleted,
      samples: training?.samples ?? 0,
      imagesPerSecond: training?.imagesPerSecond ?? 0,
      inputStallFraction: training?.inputStallFraction ?? 0,
    },
    models: [...state.models.values()].map(({ version, loss, accuracy, promoted }) => ({
      version,
      validation: { loss, accuracy },
      promoted,
    })),
    served: { version: lastVersion || state.servedVersion, swaps: state.swaps, requests, failedRequests },
    ...(test ? { test } : {}),
    ...(cost ? { cost } : {}),
  };
}

/** The summary for people. */
export function renderSummary(
  { images, split, engine, training, models, served, test, cost }: RunSummary,
  classes: readonly string[],
): string {
  const promoted = models.filter((model) => model.promoted).length;
  const { offered, ingested, duplicates, rejected, deadLettered } = images;
  const waiting = `${percent(training.inputStallFraction)} of the time waiting for input`;
  const pace = `${training.imagesPerSecond.toFixed(1)} images/s, ${waiting}`;
  const lines = [
    `images    ${offered} offered: ${ingested} ingested, ${duplicates} duplicates, ${rejected} rejected, ` +
      `${deadLettered} dead-lettered`,
    `split     ${split.train} train, ${split.validation} validation, ${split.gate} gate, ${split.test} test`,
    `engine    ${engine || 'unknown'}`,
    `training  ${training.steps} steps, ${training.epochs} epochs, ${training.samples} samples, ${pace}`,
    `models    ${models.length} published, ${promoted} promoted`,
    `served    ${served.version || 'none'}, ${served.swaps} swaps, ${served.requests} requests, ` +
      `${served.failedRequests} failed`,
    ...(cost ? [`cost      ${describeCost(cost)}`] : []),
    ...(test ? testLines(test, classes) : []),
  ];
  return `${lines.join('\n')}\n`;
}

const INDENT = ' '.repeat(10);

function testLines(test: TestMetrics, classes: readonly string[]): string[] {
  const {
    n,
    loss,
    accuracy,
    precisionWeighted,
    recallWeighted,
    f1Weighted,
    onlyPredicted,
    confusion,
    seenInTraining = 0,
  } = test;
  const measured = [
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(4)}`]),
    `accuracy ${percent(accuracy)}`,
    `weighted precision ${percent(precisionWeighted)}`,
    `recall ${percent(recallWeighted)}`,
    `F1 ${percent(f1Weighted)}`,
  ];
  return [
    `test      ${n} images: ${measured.join(', ')}`,
    ...(onlyPredicted === null ? [] : [`${INDENT}ALARM: every image is predicted as "${classes[onlyPredicted]}"`]),
    ...(seenInTraining === 0 ? [] : [`${INDENT}WARNING: ${seenSentence(seenInTraining, n)}`]),
    ...confusionLines(confusion, classes).map((line) => `${INDENT}${line}`),
  ];
}

/** Why the figures of a test are not to be believed. */
export const seenSentence = (seen: number, n: number): string =>
  `${seen} of ${n} test images show the same picture as a training image, saved anew: the figures are too good`;

/** Rows: true class; columns: predicted class. */
function confusionLines(confusion: readonly (readonly number[])[], classes: readonly string[]): string[] {
  const rows = confusion.map((counts, index) => [classes[index]!, ...counts.map(String)]);
  return table([['true \\ predicted', ...classes], ...rows], new Set(classes.map((_, index) => index + 1)));
}
