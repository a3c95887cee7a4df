import { forgetOldest } from '#libs/memory';
import type { Prediction } from './prediction.js';

/** How often something happened, and how long it took together. */
export interface DurationStatistic {
  count: number;
  totalMs: number;
}

/** What a version has done since it came into service. Times count once per request, whatever its number of images. */
export interface VersionStatistics {
  success: DurationStatistic;
  failure: DurationStatistic;
  /** From being ready for the network to the batch going out. */
  queue: DurationStatistic;
  /** Hash, decode and transform. */
  prepare: DurationStatistic;
  inference: DurationStatistic;
  images: number;
  /** Runs of the network, by their number of images. */
  batches: Map<number, DurationStatistic>;
  lastUnixMs: number;
}

/** Of a version that was not asked anything yet. */
export const noStatistics = (): VersionStatistics => ({
  success: empty(),
  failure: empty(),
  queue: empty(),
  prepare: empty(),
  inference: empty(),
  images: 0,
  batches: new Map(),
  lastUnixMs: 0,
});

/** Versions remembered: many more than are in service at a time, few enough for any length of run. */
const VERSIONS = 32;

/** Counts and times of every version that answered lately. */
export class ServingStatistics {
  readonly #byVersion = new Map<string, VersionStatistics>();

  /** The versions that have answered or failed, oldest first. */
  get versions(): ReadonlyMap<string, VersionStatistics> {
    return this.#byVersion;
  }

  /** A request was answered. @param predictions of its images, at least one, all of one version */
  answered(predictions: readonly Prediction[], durationMs: number): void {
    const of = this.#of(predictions[0]!.card.version);
    const longest = (time: 'queueMs' | 'prepareMs' | 'inferenceMs'): number =>
      Math.max(...predictions.map((prediction) => prediction[time]));
    add(of.success, durationMs);
    add(of.queue, longest('queueMs'));
    add(of.prepare, longest('prepareMs'));
    add(of.inference, longest('inferenceMs'));
    of.images += predictions.length;
    of.lastUnixMs = Date.now();
  }

  /** A request was not answered. @param version in service then, if any */
  failed(version: string | undefined, durationMs: number): void {
    if (version !== undefined) add(this.#of(version).failure, durationMs);
  }

  /** The network ran on a batch. */
  batchExecuted(version: string, batchSize: number, runMs: number): void {
    const { batches } = this.#of(version);
    let statistic = batches.get(batchSize);
    if (!statistic) batches.set(batchSize, (statistic = empty()));
    add(statistic, runMs);
  }

  #of(version: string): VersionStatistics {
    let statistics = this.#byVersion.get(version);
    if (!statistics) {
      statistics = noStatistics();
      this.#byVersion.set(version, statistics);
      forgetOldest(this.#byVersion, VERSIONS);
    }
    return statistics;
  }
}

const empty = (): DurationStatistic => ({ count: 0, totalMs: 0 });

function add(statistic: DurationStatistic, ms: number): void {
  statistic.count++;
  statistic.totalMs += ms;
}
