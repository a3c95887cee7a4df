import { createHash } from 'node:crypto';
import { Notifier, retryWithBackoff } from '#libs/async';
import { Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type StudyPrediction, type StudyPredictionInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { forgetOldest } from '#libs/memory';
import { CompletedStudies, type StoredSlice, type StudyIndex } from '#libs/studies';
import { attr, withSpan, type Logger } from '#libs/telemetry';
import { OpenStudies } from './open-studies.js';
import { sliceSetHash } from './study.js';

export interface StudyFollowerOptions {
  bus: Bus;
  log: Logger;
  index: StudyIndex;
  /** A study is taken to be complete when no slice of it has come for this long, and no site has said so before. */
  idleMs: number;
  predict(studyId: string, slices: readonly StoredSlice[], signal: AbortSignal): Promise<StudyPredictionInput>;
}

/** Pauses after failures in a row. */
const BACKOFF = { firstDelayMs: 500, maxDelayMs: 15_000 } as const;
/** Failures after which a study is given up that a defect might be the cause of. */
const MAX_FAILURES = 5;
/** Failure in a row that is worth a warning. */
const WARNED_FAILURE = 4;
/** Studies whose sites have spoken that are remembered. */
const MAX_ANNOUNCED = 10_000;
/** Longest sleep, in case the clock is set. */
const LONGEST_WAIT_MS = 60_000;

/**
 * Predicts studies as they complete on the stream, one after the other, and publishes what comes out to STUDIES. It
 * keeps no state of its own: after a restart it learns from SCANS which studies there are and from STUDIES which of
 * them, with the same slices, have their prediction. A late slice leads to another prediction, which names the one it
 * supersedes.
 */
export class StudyFollower {
  readonly #options: StudyFollowerOptions;
  readonly #open: OpenStudies;
  readonly #opened = new Notifier();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>;
  readonly #followingSites: Promise<void>;
  /** Samples that studies have which their sites say are complete. */
  readonly #announced = new Map<string, number>();

  constructor(options: StudyFollowerOptions) {
    this.#options = options;
    this.#open = new OpenStudies(options.idleMs);
    options.index.start((studyId, arrivedUnixMs) => {
      this.#open.touch(studyId, arrivedUnixMs);
      this.#completeIfAllIsHere(studyId);
      this.#opened.notify();
    });
    this.#running = this.#run().catch((error: unknown) =>
      options.log.error({ err: error }, 'studies are no longer predicted as they complete'),
    );
    this.#followingSites = this.#followSites();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([this.#running, this.#followingSites]);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    await this.#caughtUp();
    while (!signal.aborted) {
      const next = this.#open.next();
      const waitMs = next ? Math.min(LONGEST_WAIT_MS, next.dueUnixMs - Date.now()) : LONGEST_WAIT_MS;
      if (!next || (waitMs > 0 && !next.isComplete)) {
        await this.#opened.wait(signal, waitMs);
        continue;
      }
      await this.#completeOrGiveUp(next.studyId);
      if (!signal.aborted) this.#open.close(next.studyId, next.dueUnixMs);
    }
  }

  /** Learns which studies are complete; without it their idle times are waited for. */
  async #followSites(): Promise<void> {
    const { bus, log } = this.#options;
    const { signal } = this.#stop;
    try {
      for await (const { studyId, samples } of new CompletedStudies(bus).follow(signal)) {
        this.#announced.set(studyId, samples);
        forgetOldest(this.#announced, MAX_ANNOUNCED);
        this.#completeIfAllIsHere(studyId);
        this.#opened.notify();
      }
    } catch (error) {
      if (!signal.aborted) log.warn({ err: error }, 'sites cannot say that studies are complete: idle times count');
    }
  }

  /** With more slices than the site spoke of, others may follow: the idle time counts again. */
  #completeIfAllIsHere(studyId: string): void {
    const samples = this.#announced.get(studyId);
    if (samples !== undefined && this.#options.index.slicesOf(studyId).length === samples) this.#open.complete(studyId);
  }

  /** Waits until all stored slices are known: before, old studies look complete that are not. */
  async #caughtUp(): Promise<void> {
    const { index, log } = this.#options;
    const { signal } = this.#stop;
    await retryWithBackoff(() => index.upToDate(signal), {
      ...BACKOFF,
      signal,
      shouldRetry: () => true,
      onRetry: (error) => log.warn({ err: error }, 'the scans of studies cannot be read yet'),
    }).catch((error: unknown) => {
      if (!signal.aborted) throw error;
    });
  }

  async #completeOrGiveUp(studyId: string): Promise<void> {
    const { log } = this.#options;
    const { signal } = this.#stop;
    let failures = 0;
    try {
      await retryWithBackoff(() => this.#complete(studyId), {
        ...BACKOFF,
        signal,
        shouldRetry: (error) => error.transient || (error.retryable && ++failures < MAX_FAILURES),
        // The first ones are normal while a model is on its way; then somebody should know, once.
        onRetry: ({ code, rawMessage: reason }, attempt) =>
          log[attempt === WARNED_FAILURE ? 'warn' : 'debug'](
            { study: studyId, code, reason },
            'a study cannot be predicted yet',
          ),
      });
    } catch (error) {
      if (!signal.aborted) await this.#giveUp(studyId, SulcusError.from(error));
    }
  }

  /** Predicts a study and publishes what comes out, unless that has happened for the same slices. */
  async #complete(studyId: string): Promise<void> {
    const { bus, index, log } = this.#options;
    const { signal } = this.#stop;
    const slices = [...index.slicesOf(studyId)];
    const subject = subjects.study(studyId);
    const last = (await bus.lastReadable(Streams.STUDIES, subject, codecs.StudyPrediction))?.message;
    const setHash = sliceSetHash(slices.map(({ sampleId }) => sampleId));
    if (last?.sliceSetHash === setHash || (last && isPartOf(slices, last))) return;
    await withSpan(
      'complete study',
      { root: true, attributes: { [attr.studyId]: studyId, [attr.sliceCount]: slices.length } },
      async () => {
        const prediction = await this.#options.predict(studyId, slices, signal);
        const published = withIdentity({ ...prediction, sliceSetHash: setHash }, last);
        const { duplicate } = await bus.publish(subject, codecs.StudyPrediction, published, {
          messageId: published.studyPredictionId,
          firstOnSubject: last === undefined,
          signal,
        });
        log.info(
          {
            study: studyId,
            revision: published.revision,
            slices: slices.length,
            decision: published.decision,
            version: published.modelVersion,
            duplicate,
          },
          'study predicted',
        );
      },
    );
  }

  async #giveUp(studyId: string, error: SulcusError): Promise<void> {
    const { bus, log } = this.#options;
    log.error({ err: error, study: studyId }, 'gave up a study: it goes to the dead letters');
    try {
      await bus.deadLetter({
        service: 'predictor',
        code: error.code,
        cause: error.rawMessage,
        source: `study ${studyId}`,
        deliveries: MAX_FAILURES,
      });
    } catch (failure) {
      log.error({ err: failure, study: studyId }, 'the dead letter of a study could not be written');
    }
  }
}

/** After a restart slices may be missing that were archived meanwhile: what was predicted of more of them holds. */
function isPartOf(slices: readonly StoredSlice[], { slices: predicted }: StudyPrediction): boolean {
  const known = new Set(predicted.map(({ sampleId }) => sampleId));
  return slices.every(({ sampleId }) => known.has(sampleId));
}

/**
 * The same study with the same slices, model version and options gets the same identity, whoever predicts it and
 * however often.
 */
function withIdentity(
  prediction: StudyPredictionInput,
  last: StudyPrediction | undefined,
): StudyPredictionInput & { studyPredictionId: string } {
  const { studyId, sliceSetHash: setHash, modelVersion, options } = prediction;
  const studyPredictionId = createHash('sha256')
    .update(JSON.stringify([studyId, setHash, modelVersion, options]))
    .digest('hex')
    .slice(0, 32);
  return {
    ...prediction,
    studyPredictionId,
    revision: (last?.revision ?? 0) + 1,
    supersedes: last?.studyPredictionId ?? '',
  };
}
