import {
  HeaderName,
  Streams,
  subjects,
  type Bus,
  type FollowOptions,
  type RequestOptions,
  type StreamStats,
} from '#libs/bus';
import type { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { codecs, type PredictionRecord, type PredictionRecordInput } from '#libs/contracts';

/** A record as it is stored. */
export interface StoredRecord {
  record: PredictionRecord;
  /** Place in the stream. */
  sequence: number;
  storedUnixMs: number;
}

/** A record of which the store needs some fields. */
export type NewRecord = PredictionRecordInput &
  Required<Pick<PredictionRecord, 'predictionId' | 'modelVersion' | 'traceparent'>>;

/** Which records to list. */
export interface RecordQuery {
  /** At most so many, the newest. Default: all. */
  last?: number;
  /** Of one model version, or of all versions of a run. */
  model?: string;
  /** Nothing stored before. */
  sinceUnixMs?: number;
  signal: AbortSignal;
  /** Told of messages among them that are no records, which are passed over. Default: they are logged, each once. */
  onBad?: ((bad: BadRecord) => void) | undefined;
}

/** A message on the stream that is no record of a prediction. */
export interface BadRecord {
  sequence: number;
  subject: string;
  error: SulcusError;
}

const log = createLogger('records');
const logged = new Set<number>();

function logOnce({ sequence, subject, error }: BadRecord): void {
  if (logged.has(sequence)) return;
  logged.add(sequence);
  log.warn({ sequence, subject, code: error.code }, `a message is no record of a prediction: ${error.rawMessage}`);
}

/** Records of predictions on the PREDICTIONS stream: appended, found by their id, listed in their order. */
export class RecordStore {
  readonly #bus: Bus;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /**
   * Stores a record; resolves when the broker has it. Repeating it changes nothing.
   *
   * @param options how long the broker is waited for
   * @throws BUS_UNAVAILABLE, STORAGE_FULL; CANCELLED by the signal
   */
  async append(run: string, record: NewRecord, options?: RequestOptions): Promise<void> {
    const subject = subjects.prediction(run, record.modelVersion, record.predictionId);
    const headers = record.traceparent === '' ? undefined : { [HeaderName.TRACEPARENT]: record.traceparent };
    await this.#bus.publish(subject, codecs.PredictionRecord, record, { ...options, firstOnSubject: true, headers });
  }

  /** The record of a prediction; undefined when there is none (any more). @throws INVALID_ARGUMENT for what is no id */
  async find(predictionId: string): Promise<StoredRecord | undefined> {
    const found = await this.#bus.getLast('PREDICTIONS', subjects.predictionOf(predictionId), codecs.PredictionRecord);
    return found && { record: found.message, sequence: found.sequence, storedUnixMs: found.timeUnixMs };
  }

  /** Records that are stored now, oldest first. */
  async list({ last = Infinity, model, sinceUnixMs, signal, onBad }: RecordQuery): Promise<StoredRecord[]> {
    const { firstSequence, lastSequence } = await this.stats();
    if (lastSequence < firstSequence) return [];
    // From the end backwards, in growing steps: the newest few of many are read without the many.
    const bad = new Map<number, BadRecord>();
    const noteBad = (each: BadRecord): void => void bad.set(each.sequence, each);
    for (let span = last; ; span *= 8) {
      const startSequence = Math.max(firstSequence, lastSequence - span + 1);
      const start = span === Infinity ? { startUnixMs: sinceUnixMs } : { startSequence };
      const found: StoredRecord[] = [];
      for await (const stored of this.#read(
        { model, sinceUnixMs, signal, onBad: noteBad },
        { storedOnly: true, ...start },
      )) {
        found.push(stored);
        if (found.length > last) found.shift();
      }
      if (found.length < last && startSequence !== firstSequence && !signal.aborted) continue;
      bad.forEach(onBad ?? logOnce);
      return found;
    }
  }

  /** Records behind a place in the stream, and all that come, until `signal`. */
  follow(
    { model, signal, onBad }: Pick<RecordQuery, 'model' | 'signal' | 'onBad'>,
    behindSequence: number,
  ): AsyncGenerator<StoredRecord> {
    return this.#read({ model, signal, onBad }, { startSequence: behindSequence + 1 });
  }

  stats(): Promise<StreamStats> {
    return this.#bus.statsOf('PREDICTIONS');
  }

  async *#read(
    { model, sinceUnixMs, signal, onBad = logOnce }: RecordQuery,
    how: Pick<FollowOptions<never>, 'storedOnly' | 'startSequence' | 'startUnixMs'>,
  ): AsyncGenerator<StoredRecord> {
    for await (const { message, error, sequence, subject, timeUnixMs } of this.#bus.follow({
      stream: Streams.PREDICTIONS,
      subject: filterOf(model),
      codec: codecs.PredictionRecord,
      signal,
      ...how,
    })) {
      if (error) onBad({ sequence, subject, error });
      else if (timeUnixMs >= (sinceUnixMs ?? 0)) yield { record: message!, sequence, storedUnixMs: timeUnixMs };
    }
  }
}

/** A version is a run's name and six digits. */
function filterOf(model: string | undefined): string | undefined {
  if (model === undefined) return undefined;
  return /-\d{6,}$/.test(model) ? subjects.predictionsBy(model) : subjects.predictionsOfRun(model);
}
