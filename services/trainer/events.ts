import { publishEvent, type Bus } from '#libs/bus';
import type { Logger } from '#libs/telemetry';
import type { Progress } from './state/progress.js';
import type { ValidationMetrics } from './publishing/promotion.js';
import type { Published } from './publishing/publisher.js';
import type { Ledger } from './data/ledger.js';

/** Shortest time between two reports of progress. */
const REPORT_INTERVAL_MS = 500;

/** What the trainer tells the world: one method per thing that happens, each an event and a log line. */
export class TrainerEvents {
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #run: string;
  readonly #instance: string;
  readonly #engine: string;
  #reportedAtMs = 0;

  /** @param engine what computes, for people */
  constructor(bus: Bus, log: Logger, run: string, instance: string, engine: string) {
    this.#bus = bus;
    this.#log = log;
    this.#run = run;
    this.#instance = instance;
    this.#engine = engine;
  }

  async state(state: 'starting' | 'ready' | 'idle' | 'busy' | 'stopping' | 'failed', message: string): Promise<void> {
    this.#log.info({ state, engine: this.#engine }, message);
    await this.#publish({ state: { state, message, engine: this.#engine } });
  }

  /** Reports at most every half second unless `force`. */
  async progress(progress: Progress, epoch: number, learningRate: number, force = false): Promise<void> {
    if (!force && Date.now() - this.#reportedAtMs < REPORT_INTERVAL_MS) return;
    const window = progress.takeWindow();
    if (!window) return;
    this.#reportedAtMs = Date.now();
    this.#log.debug({ step: progress.step, epoch, ...window }, 'training');
    await this.#publish({
      training: {
        run: this.#run,
        step: progress.step,
        epoch,
        samples: progress.samples,
        ...window,
        inputStallFraction: progress.inputStallFraction,
        learningRate,
      },
    });
  }

  async epochCompleted(ledger: Ledger): Promise<void> {
    const counts = { samples: ledger.appliedRows, dropped: ledger.droppedRows, repeated: ledger.repeatedRows };
    this.#log.info({ epoch: ledger.epoch, ...counts }, 'epoch completed');
    await this.#publish({ epoch: { run: this.#run, epoch: ledger.epoch, ...counts } });
  }

  async validated(
    progress: Progress,
    epoch: number,
    metrics: ValidationMetrics,
    classes: readonly string[],
    published?: Published,
  ): Promise<void> {
    this.#log.info({ step: progress.step, epoch, ...metrics, ...published }, 'validated');
    const onlyPredicted = metrics.onlyPredicted === undefined ? '' : classes[metrics.onlyPredicted]!;
    if (onlyPredicted !== '')
      this.#log.warn({ step: progress.step, onlyPredicted }, 'every validation image is predicted as the same class');
    await this.#publish({
      validation: {
        run: this.#run,
        step: progress.step,
        epoch,
        samples: metrics.samples,
        loss: metrics.loss,
        accuracy: metrics.accuracy,
        version: published?.version ?? '',
        promoted: published?.promoted ?? false,
        onlyPredicted,
      },
    });
  }

  async finished(
    progress: Progress,
    reason: 'early_stopping' | 'epochs',
    epochs: number,
    scanSequence: number,
  ): Promise<void> {
    this.#log.info(
      { reason, steps: progress.step, epochs, scanSequence },
      'nothing more to learn until images or labels come',
    );
    await this.#publish({
      finished: {
        run: this.#run,
        reason,
        steps: progress.step,
        epochs,
        samples: progress.samples,
        imagesPerSecond: progress.imagesPerSecond,
        inputStallFraction: progress.inputStallFraction,
        scanSequence,
      },
    });
  }

  async #publish(body: Parameters<typeof publishEvent>[3]): Promise<void> {
    await publishEvent(this.#bus, 'trainer', this.#instance, body);
  }
}
