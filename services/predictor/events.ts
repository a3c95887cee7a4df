import { publishEvent, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { ConstantAnswers } from '#libs/drift';
import type { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { RecordCounts } from './recording/recorder.js';
import type { AliasObserver } from './servables/alias-manager.js';
import type { Servable } from './servables/servable.js';
import type { Prediction } from './serving/prediction.js';
import { rejectionReason, type RejectionReason } from './serving/rejection-reason.js';

/** Latencies that the reported median is taken over. */
const RECENT = 256;

/** Reasons that say something about the caller, not about us. */
const CALLER_REASONS: ReadonlySet<RejectionReason> = new Set<RejectionReason>(['INVALID', 'CANCELLED']);
/** Reasons that come in floods, one for each call too many: counted, not logged one by one. */
const FLOODS: ReadonlySet<RejectionReason> = new Set<RejectionReason>(['QUEUE_REQUESTS', 'QUEUE_BYTES']);

type AnsweredImage = Pick<Prediction, 'card' | 'predicted' | 'sampleId'>;

/**
 * Business events of the predictor: each keeps its counter, its log record and its message on the EVENTS stream
 * together.
 */
export class PredictorEvents implements Omit<AliasObserver, 'serving'> {
  readonly #bus: Bus;
  readonly #instance: string;
  readonly #log: Logger;
  readonly #latenciesMs: number[] = [];
  readonly #constantAnswers = new ConstantAnswers();
  #version = '';
  #requests = 0;
  #failed = 0;
  #swaps = 0;
  readonly #rejections: Partial<Record<RejectionReason, number>> = {};
  /** Since operators were last told. */
  #recordsDropped: { count: number; why: string } | undefined;
  #loggedDropped = 0;
  #reportedRecords: RecordCounts = { stored: 0, dropped: 0, waiting: 0 };
  #reportedRequests = -1;
  #changed = true;
  #reportedAtMs = performance.now();

  constructor(bus: Bus, instance: string, log: Logger) {
    this.#bus = bus;
    this.#instance = instance;
    this.#log = log;
  }

  /** A request was answered with probabilities. */
  answered(durationMs: number, predictions: readonly AnsweredImage[] = []): void {
    this.#latenciesMs[this.#requests % RECENT] = durationMs;
    this.#requests++;
    this.#changed = true;
    for (const prediction of predictions) this.#watchAnswer(prediction);
  }

  /**
   * A request was answered with an error. Counted by its reason, and as failed unless the caller sent something
   * unreadable, asked for what is not here, gave up, or came before the first version was in service.
   */
  rejected(error: SulcusError): void {
    const reason = rejectionReason(error);
    this.#rejections[reason] = (this.#rejections[reason] ?? 0) + 1;
    this.#changed = true;
    const beforeFirst = error.code === 'MODEL_NOT_READY' && this.#swaps === 0;
    if (beforeFirst || CALLER_REASONS.has(reason)) return;
    this.#requests++;
    this.#failed++;
    if (!FLOODS.has(reason))
      this.#log.warn({ code: error.code, reason: error.rawMessage }, 'a request was not answered');
  }

  /** One answer to everything is what a broken model gives; or all images are alike. Operators decide which. */
  #watchAnswer({ card: { version, classes }, predicted, sampleId }: AnsweredImage): void {
    const className = classes[predicted]!;
    const noticed = this.#constantAnswers.add(`${version} ${className}`, sampleId);
    if (!noticed) return;
    this.#log.warn({ version, className, answers: noticed.count }, 'every image is answered as the same class');
    void publishEvent(this.#bus, 'predictor', this.#instance, {
      constant: { version, className, answers: noticed.count },
    });
  }

  swapped(servable: Servable, previousVersion: string | undefined): void {
    const { version } = servable.card;
    const loadMs = Math.round(servable.loadMs);
    this.#log.info(
      {
        version,
        previous_version: previousVersion,
        load_ms: loadMs,
        engine_pid: servable.enginePid,
        engine: servable.engine.description,
      },
      'model version in service',
    );
    if (version === previousVersion)
      return this.state('ready', `The engine of model version ${version} was started anew`);
    this.#swaps++;
    this.#version = version;
    this.#constantAnswers.restart();
    void publishEvent(this.#bus, 'predictor', this.#instance, {
      swap: { version, previousVersion: previousVersion ?? '', loadMs },
    });
  }

  failed(version: string, error: SulcusError, retrying: boolean): void {
    this.#log.error({ err: error, version, retrying }, 'model version cannot serve');
    const next = retrying ? 'trying again' : 'it stays out of service';
    this.state(
      this.#version === '' ? 'failed' : 'ready',
      `Model version ${version} cannot serve (${next}): ${error.message}`,
    );
  }

  /** A record of a prediction will not be stored. Such come in floods: told with the next report. */
  recordDropped(why: string): void {
    this.#recordsDropped = { count: (this.#recordsDropped?.count ?? 0) + 1, why };
  }

  /** Records went by age or size. */
  recordsGone(message: string): void {
    this.#log.warn(message);
    this.state(this.#version === '' ? 'starting' : 'ready', message);
  }

  /** Tells operators what the service is up to. */
  state(state: 'starting' | 'ready' | 'stopping' | 'failed', message: string): void {
    void publishEvent(this.#bus, 'predictor', this.#instance, { state: { state, message } });
  }

  /** Publishes the counts, unless nothing has happened since the last report. */
  async report(records: Readonly<RecordCounts>): Promise<void> {
    if (!(await this.#tellDropped())) return;
    const { stored, dropped, waiting } = this.#reportedRecords;
    if (stored !== records.stored || dropped !== records.dropped || waiting !== records.waiting) this.#changed = true;
    this.#reportedRecords = { ...records };
    const nowMs = performance.now();
    const seconds = (nowMs - this.#reportedAtMs) / 1000;
    const answered = this.#requests - Math.max(0, this.#reportedRequests);
    if (!this.#changed) return;
    this.#changed = false;
    this.#reportedRequests = this.#requests;
    this.#reportedAtMs = nowMs;
    await publishEvent(this.#bus, 'predictor', this.#instance, {
      predictor: {
        version: this.#version,
        requests: this.#requests,
        failedRequests: this.#failed,
        swaps: this.#swaps,
        requestsPerSecond: answered / seconds,
        p50Ms: median(this.#latenciesMs),
        rejections: { ...this.#rejections },
        recordsStored: records.stored,
        recordsDropped: records.dropped,
        recordsWaiting: records.waiting,
      },
    });
  }

  /**
   * Logs at once; operators are told when the broker is there again, whose absence is the usual reason. False while it
   * is away.
   */
  async #tellDropped(): Promise<boolean> {
    if (!this.#recordsDropped) return true;
    const { count, why } = this.#recordsDropped;
    if (count !== this.#loggedDropped) this.#log.error({ dropped: count, why }, 'records of predictions are lost');
    this.#loggedDropped = count;
    const message = `${count} records of predictions are lost: ${why}`;
    try {
      await this.#bus.publish(subjects.event('predictor'), codecs.PipelineEvent, {
        service: 'predictor',
        instance: this.#instance,
        timeUnixMs: Date.now(),
        state: { state: 'ready', message },
      });
    } catch {
      return false; // with the next report
    }
    const later = this.#recordsDropped.count - count;
    this.#recordsDropped = later === 0 ? undefined : { count: later, why };
    this.#loggedDropped = 0;
    return true;
  }
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  return values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) / 2)]!;
}
