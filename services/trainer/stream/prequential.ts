import {
  CalibrationWatch,
  DEFAULT_CUSUM,
  DriftMonitor,
  type CalibrationAlarm,
  type CalibrationRecord,
  type CusumRecord,
  type DriftAlarm,
  type Stratum,
} from '#libs/drift';
import { argMax } from '#libs/evaluation';
import type { OpenBatch } from '../data/open-batch.js';
import type { StreamSample } from './stream-sample.js';

/** Answers behind the accuracy that is told. */
const WINDOW = 500;

export interface PrequentialRecord {
  detectors: Partial<Record<Stratum, CusumRecord>>;
  /** Version whose answers the detectors watch; empty: the network in training. */
  version: string;
  /** The last answers, newest last: 1 right, 0 wrong. */
  recent: string;
  calibration: CalibrationRecord;
}

/** What was noticed on the answers to new samples. */
export interface Noticed {
  drifts: DriftAlarm[];
  calibration: CalibrationAlarm | undefined;
}

/** Class probabilities of images: axes [batch, class]. */
export type Answer = (pixels: Uint8Array, count: number) => Promise<Float32Array>;

/**
 * Test, then train: every new sample is predicted before it is learned from. What is watched are the answers of the
 * version that serves; before there is one, those of the network in training.
 */
export class Prequential {
  readonly #classes: readonly string[];
  #monitor: DriftMonitor;
  #version: string;
  #recent: string;
  readonly #calibration: CalibrationWatch;
  /** The answer to a sample, until the step that learns from it is made. */
  readonly #answers = new Map<string, { wrong: boolean; probability: number }>();

  constructor(classes: readonly string[], record?: PrequentialRecord) {
    this.#classes = classes;
    this.#monitor = new DriftMonitor(DEFAULT_CUSUM, record?.detectors);
    this.#version = record?.version ?? '';
    this.#recent = record?.recent ?? '';
    this.#calibration = new CalibrationWatch(record?.calibration);
  }

  /** Version whose answers are watched; empty: the network in training. */
  get version(): string {
    return this.#version;
  }

  /** Accuracy over the last answers, 0 to 1, and how many they are. */
  get recent(): { accuracy: number; count: number } {
    const count = this.#recent.length;
    const right = this.#recent.split('1').length - 1;
    return { accuracy: count === 0 ? 0 : right / count, count };
  }

  /**
   * Another version answers from now on. Its own error rate is learned first, unless the gate found it better than the
   * one before: then that one's rate is what its errors are held against.
   */
  watch(version: string, { isBetter = false }: { isBetter?: boolean } = {}): void {
    if (version === this.#version) return;
    this.#version = version;
    this.#calibration.restart();
    this.#recent = '';
    if (isBetter) this.#monitor.handOver();
    else this.#monitor = new DriftMonitor(DEFAULT_CUSUM);
  }

  /** Predicts the samples of a batch that are to be learned from. */
  async predict(batch: OpenBatch, samples: readonly StreamSample[], answer: Answer): Promise<void> {
    if (batch.labels.length === 0) return;
    const probabilities = await answer(batch.pixels, batch.labels.length);
    const bySequence = new Map(samples.map((sample) => [sample.scanSequence, sample]));
    const classCount = probabilities.length / batch.labels.length;
    batch.sequences.forEach((sequence, row) => {
      const sample = bySequence.get(sequence);
      const own = probabilities.subarray(row * classCount, (row + 1) * classCount);
      const predicted = argMax(own);
      if (sample)
        this.#answers.set(sample.id, { wrong: predicted !== batch.labels[row], probability: own[predicted]! });
    });
  }

  /** The samples are learned from now: their answers count. */
  settle(samples: readonly StreamSample[]): Noticed {
    const noticed: Noticed = { drifts: [], calibration: undefined };
    for (const { id, site, classIndex } of samples) {
      const answer = this.#answers.get(id);
      this.#answers.delete(id);
      if (!answer) continue;
      const { wrong, probability } = answer;
      this.#recent = `${this.#recent}${wrong ? '0' : '1'}`.slice(-WINDOW);
      noticed.drifts.push(...this.#monitor.add({ site, label: this.#classes[classIndex!]!, wrong }));
      noticed.calibration ??= this.#calibration.add(probability, !wrong);
    }
    return noticed;
  }

  toRecord(): PrequentialRecord {
    return {
      detectors: this.#monitor.toRecord(),
      version: this.#version,
      recent: this.#recent,
      calibration: this.#calibration.toRecord(),
    };
  }
}
