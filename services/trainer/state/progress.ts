/** What a checkpoint keeps of the counters of a run. The names are those of stored checkpoints. */
export interface ProgressRecord {
  step: number;
  samples: number;
  validations: number;
  /** Complete epochs over the data as they are now. */
  passesOnSameData: number;
  activeMs: number;
  waitedMs: number;
}

/** Counters of a run and the window since the last report. */
export class Progress {
  step = 0;
  samples = 0;
  validations = 0;
  /** Complete epochs over the data as they are now. */
  epochsOnSameData = 0;
  /** Wall time spent on training steps, waiting for their batches included. */
  #activeMs = 0;
  /** The part of it spent waiting. */
  #waitedMs = 0;
  #window = emptyWindow();

  constructor(record?: ProgressRecord) {
    if (!record) return;
    this.step = record.step;
    this.samples = record.samples;
    this.validations = record.validations;
    this.epochsOnSameData = record.passesOnSameData;
    this.#activeMs = record.activeMs;
    this.#waitedMs = record.waitedMs;
  }

  get imagesPerSecond(): number {
    return this.#activeMs === 0 ? 0 : (this.samples / this.#activeMs) * 1000;
  }

  /** 0-1. */
  get inputStallFraction(): number {
    return this.#activeMs === 0 ? 0 : this.#waitedMs / this.#activeMs;
  }

  recordStep(step: { samples: number; lossSum: number; correct: number; waitedMs: number; computeMs: number }): void {
    this.step++;
    this.samples += step.samples;
    this.#activeMs += step.waitedMs + step.computeMs;
    this.#waitedMs += step.waitedMs;
    this.#window.samples += step.samples;
    this.#window.lossSum += step.lossSum;
    this.#window.correct += step.correct;
    this.#window.activeMs += step.waitedMs + step.computeMs;
  }

  /** Means since the last call, or undefined when there was no step. */
  takeWindow(): { loss: number; accuracy: number; imagesPerSecond: number } | undefined {
    const { samples, lossSum, correct, activeMs } = this.#window;
    if (samples === 0) return undefined;
    this.#window = emptyWindow();
    return { loss: lossSum / samples, accuracy: correct / samples, imagesPerSecond: (samples / activeMs) * 1000 };
  }

  toRecord(): ProgressRecord {
    return {
      step: this.step,
      samples: this.samples,
      validations: this.validations,
      passesOnSameData: this.epochsOnSameData,
      activeMs: this.#activeMs,
      waitedMs: this.#waitedMs,
    };
  }
}

function emptyWindow(): { samples: number; lossSum: number; correct: number; activeMs: number } {
  return { samples: 0, lossSum: 0, correct: 0, activeMs: 0 };
}
