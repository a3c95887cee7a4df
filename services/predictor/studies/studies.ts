import { Streams, type Bus } from '#libs/bus';
import { codecs, type StudyOptions, type StudyPredictionInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { StudyIndex, type StoredSlice } from '#libs/studies';
import type { Logger } from '#libs/telemetry';
import type { PredictorConfig } from '../config.js';
import { Admission } from '../serving/admission.js';
import { ArrivingStudies } from './arriving-studies.js';
import { requestedOptions, type RequestedOptions } from './options.js';
import { predictSlices, type StudyContext } from './predict-study.js';
import { toStudyPrediction } from './study-prediction.js';
import { StudyFollower } from './study-follower.js';
import type { Study, StudySlice } from './study.js';

export interface StudiesOptions {
  context: Omit<StudyContext, 'config'>;
  config: PredictorConfig;
  bus: Bus;
  log: Logger;
}

/**
 * Predictions of whole studies: of slices that are sent, of slices that were ingested, and of studies as they complete
 * on the stream.
 */
export class Studies {
  readonly limits: { maxSlices: number; maxBytes: number };
  /** Studies that are being sent. */
  readonly arriving = new ArrivingStudies();
  readonly #context: StudyContext;
  readonly #config: PredictorConfig;
  readonly #bus: Bus;
  readonly #index: StudyIndex;
  readonly #follower: StudyFollower | undefined;
  /** Studies whose slices are all there, in work. */
  readonly #underWay: Admission;

  constructor({ context, config, bus, log }: StudiesOptions) {
    this.#context = { ...context, config };
    this.#config = config;
    this.#bus = bus;
    this.limits = { maxSlices: config.maxStudySlices, maxBytes: config.maxStudyBytes };
    this.#underWay = new Admission({ maxRequests: config.studiesAtOnce, maxBytes: Number.POSITIVE_INFINITY });
    this.#index = new StudyIndex(bus, log);
    this.#follower = config.studies
      ? new StudyFollower({
          bus,
          log,
          index: this.#index,
          idleMs: config.studyIdleMs,
          predict: (studyId, slices, signal) => this.#predictCompleted(studyId, slices, signal),
        })
      : undefined;
  }

  /**
   * Runs `work` when fewer studies than allowed are under way.
   *
   * @throws MODEL_NOT_READY before any work; CANCELLED, DEADLINE_EXCEEDED by `signal`
   */
  async admit<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.assertReady(signal);
    const release = await this.#underWay.acquire({ sizeBytes: 0 }, signal);
    return await work().finally(release);
  }

  /** @throws MODEL_NOT_READY when no model answers */
  async assertReady(signal: AbortSignal): Promise<void> {
    (await this.#context.live.acquire(signal)).release();
  }

  /** Says early what {@link predict} would say of options. @throws INVALID_ARGUMENT */
  checkOptions(options: StudyOptions | null): void {
    requestedOptions(options, this.#config);
  }

  /** @throws INVALID_ARGUMENT for options that cannot be used; what fails an image without being its fault */
  async predict(
    study: Study,
    options: StudyOptions | null | undefined,
    signal: AbortSignal,
  ): Promise<StudyPredictionInput> {
    return await this.#predict(study, requestedOptions(options, this.#config), signal);
  }

  /** The study that was ingested under a pseudonym, as far as it has come. @throws NOT_FOUND when no scan is of it */
  async stored(studyId: string, signal: AbortSignal): Promise<Study> {
    await this.#index.upToDate(signal);
    const slices = this.#index.slicesOf(studyId);
    if (slices.length === 0)
      throw new SulcusError('NOT_FOUND', 'No scan is of this study: studies go by the pseudonym that ingest gave them');
    return this.#study(studyId, slices);
  }

  /** Stops following the stream. */
  async close(): Promise<void> {
    await this.#follower?.close();
    await this.#index.close();
  }

  async #predictCompleted(
    studyId: string,
    slices: readonly StoredSlice[],
    signal: AbortSignal,
  ): Promise<StudyPredictionInput> {
    const options = { ...requestedOptions(undefined, this.#config), priority: 3 as const };
    return await this.#predict(this.#study(studyId, slices), options, signal);
  }

  async #predict(study: Study, requested: RequestedOptions, signal: AbortSignal): Promise<StudyPredictionInput> {
    return toStudyPrediction(study, await predictSlices(this.#context, study, requested, signal));
  }

  #study(studyId: string, slices: readonly StoredSlice[]): Study {
    const { maxSlices } = this.limits;
    return {
      studyId,
      slices: slices.slice(0, maxSlices).map((slice) => this.#storedSlice(slice)),
      slicesLeftOut: Math.max(0, slices.length - maxSlices),
    };
  }

  #storedSlice({ sequence, sampleId }: StoredSlice): StudySlice {
    const slice: StudySlice = {
      name: sampleId,
      sampleId,
      scanSequence: sequence,
      load: async () => {
        const scan = await this.#bus.get(Streams.SCANS, sequence, codecs.Scan);
        if (!scan?.message.image)
          throw new SulcusError(
            'NOT_FOUND',
            `Scan ${sequence} is no longer on SCANS; when it is archived, ` +
              `\`sulcus archive restore ${sampleId}\` brings it back`,
            { details: { sampleId } },
          );
        slice.name = scan.message.source || sampleId;
        return await this.#bus.fromPayload(scan.message.image);
      },
    };
    return slice;
  }
}
