import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { mapInOrder } from '#libs/async';
import type { PendingReports, ProcedureStep, StepAnswer } from '#libs/dimse';
import { SulcusError } from '#libs/errors';
import { isDicom } from '#libs/dicom';
import { ImageWorkerPool, withoutMetadata, type FileDescription } from '#libs/imaging';
import { isNifti, NiftiWorkerPool } from '#libs/nifti';
import { attr, withSpan } from '#libs/telemetry';
import { withdrawnError } from '#libs/withdrawals';
import type { IntakeConfig } from '../config.js';
import type { IngestEvents } from '../events.js';
import { PendingCommitments } from '../register/pending-commitments.js';
import { ProcedureSteps } from '../register/procedure-steps.js';
import { DicomIntake, type OpenedObject } from '../sources/dicom/dicom-intake.js';
import type { SaidOfObject } from '../sources/dicom/said-of-object.js';
import type { ImageInput, IngestOutcome } from './outcome.js';
import { prepareScan, type PreparedScan } from './prepare-scan.js';
import type { Pseudonyms } from './pseudonyms.js';
import type { IngestOptions, NamedSample, SampleSink, StoreScan } from './sample-sink.js';

export interface IngestorContext {
  /** Where samples go. */
  readonly sink: SampleSink;
  readonly config: IntakeConfig;
  readonly pseudonyms: Pseudonyms;
  readonly events: IngestEvents;
}

/**
 * Images decoded at the same time, of all sources together: enough to keep every core busy while others wait for the
 * broker.
 */
const DECODES_AT_ONCE = 2 * availableParallelism();

/** Frames of one object that are under way at the same time. */
const FRAMES_AT_ONCE = 4;

/**
 * What happens to an image, whatever its source: validate by decoding, identify by content, pseudonymise, choose the
 * split, store durably. An outcome is an answer that may be given to the sender; a throw means that nothing is known of
 * the image.
 */
export class Ingestor implements AsyncDisposable {
  readonly #context: IngestorContext;
  readonly #decodes = pLimit(DECODES_AT_ONCE);
  readonly #dicom: DicomIntake;
  readonly #volumes = new NiftiWorkerPool();
  /** Started with the first image: a picture of one colour is sixty kilobytes and thirty million pixels. */
  #images: ImageWorkerPool | undefined;
  readonly #steps: ProcedureSteps;
  /** Senders that are to be told of storage commitments. */
  readonly pendingReports: PendingReports;

  constructor(context: IngestorContext) {
    this.#context = context;
    this.pendingReports = new PendingCommitments(
      path.join(context.config.dataDir, 'commitments'),
      context.pseudonyms.sealingKey,
    );
    this.#dicom = new DicomIntake(context.config, context.pseudonyms);
    this.#steps = new ProcedureSteps({
      folder: path.join(context.config.dataDir, 'steps'),
      pseudonyms: context.pseudonyms,
      register: this.#dicom.register,
      onComplete: async (studyId, samples) => {
        // The image is safe whatever comes of this: without it the study's idle time is waited for.
        await context.sink.completeStudy?.(studyId, samples).catch((error: unknown) => {
          context.events.studyNotAnnounced(studyId, SulcusError.from(error));
        });
      },
    });
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    await Promise.all([this.#dicom.close(), this.#volumes.close(), this.#images?.close()]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What stays in one split. */
  get splitBy(): IntakeConfig['splitBy'] {
    return this.#context.config.splitBy;
  }

  /** Whether names of files and uploads leave the site as they are. */
  get sendsNames(): boolean {
    return this.#context.config.sendsNames;
  }

  /** What a file or an upload is called wherever that is read by others than the site. */
  nameOf(source: string): string {
    const { config, pseudonyms } = this.#context;
    return config.sendsNames || isPseudonym(source) ? source : pseudonyms.name(source);
  }

  /**
   * Takes one image in. Of a DICOM object of several frames, the gravest of their outcomes is returned.
   *
   * @throws BACKPRESSURE, STORAGE_FULL, BUS_UNAVAILABLE when the pipeline does not take it within the retry timeout;
   *   CANCELLED when the signal aborts
   */
  async ingestImage(given: ImageInput, options: IngestOptions = {}): Promise<IngestOutcome> {
    if (isDicom(given.bytes)) return gravest(await this.ingestDicom(given, options));
    if (isNifti(given.bytes)) return await this.#ingestNifti(given, options);
    // What people and programs write beside the pixels may name a patient: it goes no further, and into no identity.
    const input = { ...given, source: this.nameOf(given.source), bytes: withoutMetadata(given.bytes) };
    const sampleId = createHash('sha256').update(input.bytes).digest('hex');
    const attributes = { [attr.sampleId]: sampleId, [attr.imageSizeBytes]: input.bytes.length };
    return await this.#settled(attributes, options, async () => {
      const outcome = await this.#prepareAndStore(input, sampleId, options);
      if (outcome.kind === 'rejected') {
        options.ticket?.release();
        // What was withdrawn is not kept as a dead letter either.
        const bytes = outcome.error.code === 'WITHDRAWN' ? undefined : input.bytes;
        const patientId = this.#context.pseudonyms.patient(given.patientId);
        await this.#context.sink.keepRefused({ ...outcome, patientId }, bytes, options.signal);
      }
      return outcome;
    });
  }

  /** Takes a volume in: each of its slices in the plane of SULCUS_NIFTI_PLANE is a sample. */
  async #ingestNifti(input: ImageInput, options: IngestOptions): Promise<IngestOutcome> {
    const { niftiPlane: plane, maxFileBytes: maxBytes, maxPixels } = this.#context.config;
    const { patientId, studyId } = input;
    const { signal, ticket } = options;
    let bytes: Buffer;
    try {
      const asked = { plane, patientId, studyId, limits: { maxBytes, maxPixels } };
      bytes = await this.#volumes.toDicom(input.bytes, asked, { signal });
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      if (!signal?.aborted) return await this.reject(input.source, error, input.bytes, { ...options, patientId });
      ticket?.release();
      throw error;
    }
    return gravest(await this.ingestDicom({ ...input, bytes }, options));
  }

  /**
   * Takes a DICOM object in: each of its frames is a sample, de-identified here. What must not leave is kept in the
   * quarantine of the site, and only its code goes further.
   *
   * @param said what its request says of it: one of another object is held
   * @throws as {@link ingestImage}; STORAGE_FULL when the quarantine is full
   */
  async ingestDicom(input: ImageInput, options: IngestOptions = {}, said: SaidOfObject = {}): Promise<IngestOutcome[]> {
    try {
      return await this.#dicom.withObject(input, options, said, (object) =>
        this.#settleObject(object, input, options, said),
      );
    } finally {
      options.ticket?.release();
    }
  }

  async #settleObject(
    object: OpenedObject,
    input: ImageInput,
    options: IngestOptions,
    said: SaidOfObject,
  ): Promise<IngestOutcome[]> {
    const outcomes: IngestOutcome[] = [];
    if (object.kind === 'image') {
      const settled = mapInOrder(numbersBelow(object.frames), FRAMES_AT_ONCE, (frame) => {
        const ofFrame = frame === 0 ? options : { ...options, ticket: undefined };
        return this.#settled({}, ofFrame, () => this.#ingestFrame(object, frame, input, ofFrame));
      });
      for await (const outcome of settled) outcomes.push(outcome);
    } else {
      options.ticket?.release();
      outcomes.push(await this.#settled({}, options, () => this.#leave(object, input, options, said.syntaxUid)));
    }
    // Of what was withdrawn nothing is kept.
    const isWithdrawn = outcomes.some((outcome) => outcome.kind === 'rejected' && outcome.error.code === 'WITHDRAWN');
    if (object.named && !isWithdrawn) {
      await this.#dicom.remember(object.named, outcomes);
      await this.#steps.received(object.named.studyUid, object.named.sopInstanceUid);
    }
    return outcomes;
  }

  /** Takes in what a modality says of a step that it performs: studies are complete by it. */
  procedureStep(step: ProcedureStep): Promise<StepAnswer> {
    return this.#steps.handle(step);
  }

  /** Whether it can be told that a sample is durable: see {@link commitment}. */
  get canCommit(): boolean {
    return this.#context.sink.findDurable !== undefined;
  }

  /**
   * Which of DICOM objects are on durable storage, every frame of them.
   *
   * @param sopInstanceUids as the site knows them
   * @returns by UID the storage class of those that are; the others are missing
   * @throws BUS_UNAVAILABLE; of an edge, whatever keeps the core from answering
   */
  async commitment(sopInstanceUids: readonly string[]): Promise<Map<string, string>> {
    const objects = [...(await this.#dicom.register.find(sopInstanceUids))];
    const sampleIds = new Set(objects.flatMap(([, object]) => object.sampleIds.filter((id) => id !== '')));
    const durable = (await this.#context.sink.findDurable?.([...sampleIds])) ?? new Set<string>();
    const isWhole = (ids: readonly string[]): boolean => ids.every((sampleId) => durable.has(sampleId));
    return new Map(
      objects.flatMap(([uid, object]) => (isWhole(object.sampleIds) ? [[uid, object.sopClassUid] as const] : [])),
    );
  }

  /**
   * Which of DICOM objects have come, whatever became of them.
   *
   * @param sopInstanceUids as the site knows them
   */
  async known(sopInstanceUids: readonly string[]): Promise<Set<string>> {
    return new Set((await this.#dicom.register.find(sopInstanceUids)).keys());
  }

  /**
   * Takes in a sample that was prepared elsewhere, by an edge.
   *
   * @throws as {@link ingestImage}
   */
  async ingestPrepared(scan: PreparedScan, options: IngestOptions = {}): Promise<IngestOutcome> {
    const { sampleId, site, image } = scan;
    const attributes = { [attr.sampleId]: sampleId, [attr.site]: site, [attr.imageSizeBytes]: image.inline.length };
    return await this.#settled(attributes, options, async () => {
      const outcome = await this.#context.sink.begin(scan, options)(scan);
      if (outcome.kind !== 'rejected') return outcome;
      options.ticket?.release();
      const bytes = outcome.error.code === 'WITHDRAWN' ? undefined : image.inline;
      const { patientId } = scan;
      await this.#context.sink.keepRefused({ ...outcome, site, patientId }, bytes, options.signal);
      return outcome;
    });
  }

  async #ingestFrame(
    object: Extract<OpenedObject, { kind: 'image' }>,
    frame: number,
    input: ImageInput,
    options: IngestOptions,
  ): Promise<IngestOutcome> {
    const { source, named } = object;
    let scan: PreparedScan;
    let store: StoreScan | undefined;
    const begin = async (sample: NamedSample): Promise<void> => {
      store = this.#context.sink.begin(sample, options);
      // What it asks leaves before the frame is rendered, which takes as long as the answer.
      await nextTurn();
    };
    try {
      scan = await this.#decodes(() => object.prepare(frame, begin));
    } catch (thrown) {
      options.ticket?.release();
      return await this.#leave({ kind: 'held', source, named, error: SulcusError.from(thrown) }, input, options);
    }
    const outcome = await store!(scan);
    if (outcome.kind !== 'rejected') return outcome;
    options.ticket?.release();
    // Of what was withdrawn nothing is kept.
    if (outcome.error.code === withdrawnError('').code) {
      await this.#context.sink.keepRefused(outcome, undefined, options.signal);
      return outcome;
    }
    return await this.#leave({ kind: 'held', source, named, error: outcome.error }, input, options);
  }

  /** What does not leave the site. */
  async #leave(
    object: Exclude<OpenedObject, { kind: 'image' }>,
    input: ImageInput,
    options: IngestOptions,
    syntaxUid?: string,
  ): Promise<IngestOutcome> {
    const { source } = object;
    if (object.kind === 'filtered') return { kind: 'filtered', source, reason: object.reason };
    const { error, named } = object;
    const patientId = named?.patient || this.#context.pseudonyms.patient(input.patientId);
    const note = { source: input.source, code: error.code, reason: error.rawMessage, transferSyntax: syntaxUid };
    await this.#dicom.quarantine.keep(input.bytes, { ...note, patientId });
    const outcome = { kind: 'rejected', source, error, isQuarantined: true } as const;
    await this.#context.sink.keepRefused({ ...outcome, patientId }, undefined, options.signal);
    return outcome;
  }

  /**
   * Refuses an image for what it came with.
   *
   * @param bytes kept with the cause; undefined for a file that could not be read
   * @param options `patientId`: as the site knows it
   */
  async reject(
    source: string,
    error: SulcusError,
    bytes: Uint8Array | undefined,
    options: IngestOptions & { patientId?: string | undefined } = {},
  ): Promise<IngestOutcome> {
    options.ticket?.release();
    return await this.#settled({}, options, async () => {
      const outcome = { kind: 'rejected', source: this.nameOf(source), error } as const;
      const patientId = this.#context.pseudonyms.patient(options.patientId);
      await this.#context.sink.keepRefused({ ...outcome, patientId }, bytes, options.signal);
      return outcome;
    });
  }

  /** A span around what becomes of an image, which is counted and reported; the next ticket goes, however it ends. */
  async #settled(
    attributes: Record<string, string | number | undefined>,
    { ticket }: IngestOptions,
    work: () => Promise<IngestOutcome>,
  ): Promise<IngestOutcome> {
    const { config, events } = this.#context;
    try {
      return await withSpan(
        'ingest image',
        { attributes: { [attr.site]: config.site, ...attributes } },
        async (span) => {
          const outcome = await work();
          span.setAttributes({
            [attr.outcome]: outcome.kind,
            ...(outcome.kind === 'rejected' && { [attr.errorType]: outcome.error.code }),
            ...('split' in outcome && { [attr.split]: outcome.split, [attr.sampleId]: outcome.sampleId }),
          });
          events.settled(outcome);
          return outcome;
        },
      );
    } finally {
      ticket?.release();
    }
  }

  #imagePool(): ImageWorkerPool {
    const { maxPixels, maxFileBytes: maxBytes } = this.#context.config;
    return (this.#images ??= new ImageWorkerPool({ threads: availableParallelism(), limits: { maxPixels, maxBytes } }));
  }

  async #prepareAndStore(input: ImageInput, sampleId: string, options: IngestOptions): Promise<IngestOutcome> {
    const patientId = this.#context.pseudonyms.patient(input.patientId);
    const store = this.#context.sink.begin({ sampleId, patientId }, options);
    const describe = (bytes: Uint8Array): Promise<FileDescription> =>
      this.#imagePool()
        .describeFile(bytes)
        .catch((error: unknown) => {
          // Its thread has ended, perhaps by another image.
          if (SulcusError.from(error).code !== 'INTERNAL') throw error;
          return this.#imagePool().describeFile(bytes);
        });
    let scan: PreparedScan;
    try {
      scan = await this.#decodes(() => prepareScan(input, sampleId, { ...this.#context, describe }));
    } catch (error) {
      return { kind: 'rejected', source: input.source, sampleId, error: SulcusError.from(error) };
    }
    return await store(scan);
  }
}

/** As DICOM objects are named by their pseudonyms. */
const isPseudonym = (source: string): boolean => /^dicom\/[0-9a-f]{16}$/.test(source);

async function* numbersBelow(end: number): AsyncGenerator<number, void, undefined> {
  for (let number = 0; number < end; number++) yield number;
}

const GRAVITY = ['rejected', 'ingested', 'duplicate', 'filtered'] as const;

/** One outcome for a sender that waits for one. */
const gravest = (outcomes: readonly IngestOutcome[]): IngestOutcome =>
  outcomes.toSorted((left, right) => GRAVITY.indexOf(left.kind) - GRAVITY.indexOf(right.kind))[0]!;
