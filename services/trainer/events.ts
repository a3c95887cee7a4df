import { publishEvent, type Bus } from '#libs/bus';
import type { CalibrationAlarm, DriftAlarm } from '#libs/drift';
import { describeEngine, type EngineInfo } from '#libs/engine';
import type { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { Progress } from './state/progress.js';
import type { ValidationMetrics } from './publishing/promotion.js';
import type { Published } from './publishing/publisher.js';
import type { Ledger } from './data/ledger.js';
import type { WaitingSamples } from './data/waiting-samples.js';

/** Shortest time between two reports of progress. */
const REPORT_INTERVAL_MS = 500;

/** Labels outside the class list that are told by name: those of the most images. */
const MAX_UNKNOWN_LABELS = 20;

/** What the trainer tells the world: one method per thing that happens, each an event and a log line. */
export class TrainerEvents {
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #run: string;
  readonly #instance: string;
  readonly #engine: string;
  readonly #devices: readonly string[];
  #reportedAtMs = -Infinity;
  #waitingTold = '';

  /** @param engine what computes */
  constructor(bus: Bus, log: Logger, run: string, instance: string, engine: EngineInfo) {
    this.#bus = bus;
    this.#log = log;
    this.#run = run;
    this.#instance = instance;
    this.#engine = describeEngine(engine);
    this.#devices = engine.shardDevices;
  }

  async state(state: 'starting' | 'ready' | 'idle' | 'busy' | 'stopping' | 'failed', message: string): Promise<void> {
    this.#log.info({ state, engine: this.#engine }, message);
    await this.#tellState(state, message);
  }

  /** Images of classes that the network does not know are enough: it learns them. */
  async newClasses(names: readonly string[]): Promise<void> {
    const message = `enough images of ${names.join(', ')} have come: the network learns new classes`;
    this.#log.info({ classes: names }, message);
    await this.#tellState('busy', message, { notable: true });
  }

  /**
   * Other images than before wait for a label of the class list.
   *
   * @param newClassSamples images with a label from which it becomes a class; 0: never
   */
  async waiting(waiting: WaitingSamples, newClassSamples = 0): Promise<void> {
    const byCount = [...waiting.unknownLabels].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
    const unknownLabels = Object.fromEntries(byCount.slice(0, MAX_UNKNOWN_LABELS));
    const told = JSON.stringify([waiting.unlabelled, unknownLabels]);
    if (told === this.#waitingTold) return;
    this.#waitingTold = told;
    await this.#publish({
      waiting: { run: this.#run, unlabelled: waiting.unlabelled, unknownLabels, newClassSamples },
    });
  }

  /** Reports at most every half second unless `force`. */
  async progress(
    progress: Progress,
    epoch: number,
    learningRate: number,
    { force = false, arrivals = 0 }: { force?: boolean; arrivals?: number } = {},
  ): Promise<void> {
    if (!force && performance.now() - this.#reportedAtMs < REPORT_INTERVAL_MS) return;
    const window = progress.takeWindow();
    if (!window) return;
    this.#reportedAtMs = performance.now();
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
        arrivals,
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
        reason: published?.reason ?? '',
      },
    });
  }

  async finished(
    progress: Progress,
    reason: 'early_stopping' | 'epochs' | 'caught_up',
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

  /** Answers have become worse. @param version whose they are; empty: those of the network in training */
  async drift(progress: Progress, alarm: DriftAlarm, version: string): Promise<void> {
    const { stratum, errorRateBefore, answersSinceChange, isElsewhere } = alarm;
    const [kind, name = ''] = splitOnce(stratum);
    this.#log.warn(
      { step: progress.step, stratum, errorRateBefore, answersSinceChange, version },
      isElsewhere
        ? 'answers to the samples of a site are worse than those of others: its images or labels may be of no use'
        : 'answers to new samples have become worse: their images may have changed',
    );
    await this.#publish({
      drift: {
        run: this.#run,
        site: kind === 'site' ? name : '',
        className: kind === 'class' ? name : '',
        errorRateBefore,
        answersSinceChange,
        step: progress.step,
        version,
        worseThanOthers: isElsewhere,
      },
    });
  }

  /** How sure the answers are said to be and how often they are right are far apart. @param version as for drift */
  async calibrationLost(progress: Progress, alarm: CalibrationAlarm, version: string): Promise<void> {
    const { meanProbability, accuracy, count } = alarm;
    this.#log.warn(
      { step: progress.step, meanProbability, accuracy, count, version },
      'probabilities no longer mean what they say',
    );
    await this.#publish({
      calibration: { run: this.#run, version, meanProbability, accuracy, answers: count },
    });
  }

  /** There is no room for what is to be stored, and it is waited for. @param deleted versions that made way */
  async noRoom(what: string, failure: SulcusError, deleted: readonly string[]): Promise<void> {
    const madeWay = deleted.length > 0 ? `; deleted ${deleted.join(', ')}, which nobody needs` : '';
    const advice = 'delete runs (sulcus runs delete), or give more room (SULCUS_STREAM_BLOBS_BYTES, the disk)';
    const message = `waiting for room to store ${what}: ${failure.rawMessage}${madeWay}; ${advice}`;
    this.#log.warn({ code: failure.code, deleted }, message);
    await this.#tellState('busy', message, { notable: true });
  }

  /** What the run stored last cannot be read. @param message what it goes on from */
  async lost(message: string): Promise<void> {
    this.#log.error(message);
    await this.#tellState('starting', message, { notable: true });
  }

  /** A step was not made. @param message what became of the weights */
  async refused(step: number, message: string): Promise<void> {
    const sentence = `step ${step} was refused: ${message}`;
    this.#log.warn({ step }, sentence);
    await this.#tellState('busy', sentence, { notable: true });
  }

  /** Learning went back to a version that is clearly better than what was learned since. */
  async wentBack(progress: Progress, version: string): Promise<void> {
    const message = `went back to ${version}: what was learned since is clearly worse`;
    this.#log.warn({ step: progress.step, version }, message);
    await this.#tellState('busy', message, { notable: true });
  }

  #tellState(state: string, message: string, { notable = false } = {}): Promise<void> {
    return this.#publish({ state: { state, message, notable, engine: this.#engine, devices: [...this.#devices] } });
  }

  async #publish(body: Parameters<typeof publishEvent>[3]): Promise<void> {
    await publishEvent(this.#bus, 'trainer', this.#instance, body);
  }
}

/** What stands before the first colon, and what behind it. */
function splitOnce(text: string): string[] {
  const at = text.indexOf(':');
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
