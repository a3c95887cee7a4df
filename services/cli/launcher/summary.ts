import type { ClassificationMetrics } from './evaluation/metrics.js';
import type { PipelineState } from './state/pipeline-state.js';

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
  split: { train: number; validation: number; test: number };
  /** What trained, such as `tensorflow 2.21.0 (CPU:0)` or `portable (tfjs-wasm 4.22.0)`. */
  engine: string;
  training: { steps: number; epochs: number; samples: number; imagesPerSecond: number; inputStallFraction: number };
  models: { version: string; validation: { loss: number; accuracy: number }; promoted: boolean }[];
  served: { version: string; swaps: number; requests: number; failedRequests: number };
  /** Absent when nothing was evaluated. */
  test?: ClassificationMetrics;
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
  test?: ClassificationMetrics,
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
  };
}

/** The summary for people. */
export function renderSummary(
  { images, split, engine, training, models, served, test }: RunSummary,
  classes: readonly string[],
): string {
  const percent = (fraction: number): string => `${(fraction * 100).toFixed(1)} %`;
  const promoted = models.filter((model) => model.promoted).length;
  const lines = [
    `images    ${images.offered} offered: ${images.ingested} ingested, ${images.duplicates} duplicates, ${images.rejected} rejected, ${images.deadLettered} dead-lettered`,
    `split     ${split.train} train, ${split.validation} validation, ${split.test} test`,
    `engine    ${engine || 'unknown'}`,
    `training  ${training.steps} steps, ${training.epochs} epochs, ${training.samples} samples, ${training.imagesPerSecond.toFixed(1)} images/s, ${percent(training.inputStallFraction)} of the time waiting for input`,
    `models    ${models.length} published, ${promoted} promoted`,
    `served    ${served.version || 'none'}, ${served.swaps} swaps, ${served.requests} requests, ${served.failedRequests} failed`,
  ];
  if (test) {
    lines.push(
      `test      ${test.n} images: accuracy ${percent(test.accuracy)}, weighted precision ${percent(test.precisionWeighted)}, recall ${percent(test.recallWeighted)}, F1 ${percent(test.f1Weighted)}`,
      ...(test.onlyPredicted === null
        ? []
        : [`          ALARM: every image is predicted as "${classes[test.onlyPredicted]}"`]),
      ...renderConfusion(test.confusion, classes).map((line) => `          ${line}`),
    );
  }
  return `${lines.join('\n')}\n`;
}

/** Rows: true class; columns: predicted class. */
function renderConfusion(confusion: readonly (readonly number[])[], classes: readonly string[]): string[] {
  const nameWidth = Math.max(...classes.map((name) => name.length), 'true \\ predicted'.length);
  const widths = classes.map((name, column) =>
    Math.max(name.length, ...confusion.map((row) => String(row[column]).length)),
  );
  const row = (name: string, cells: readonly (string | number)[]): string =>
    [name.padEnd(nameWidth), ...cells.map((cell, column) => String(cell).padStart(widths[column]!))].join('  ');
  return [row('true \\ predicted', classes), ...confusion.map((cells, index) => row(classes[index]!, cells))];
}
