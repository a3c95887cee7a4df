import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import {
  DicomWorkerPool,
  framesOf,
  readDicom,
  readPixelModule,
  writeDataSet,
  type DataSet,
  type DicomFile,
  type PixelModule,
} from '#libs/dicom';
import { SulcusError } from '#libs/errors';
import { perceptualHashInTurns } from '#libs/imaging';
import { forgetOldest } from '#libs/memory';
import type { IntakeConfig } from '../../config.js';
import { deidentify, nameOfFrame } from '../../deidentify/deidentify.js';
import { describeImage } from '../../deidentify/describe.js';
import { identityOf, type Identity } from '../../deidentify/identities.js';
import { HELD_BECAUSE, releaseOf, type FilterReason, type HoldReason } from '../../deidentify/release-policy.js';
import { cleanLabel } from '../../pipeline/labels.js';
import type { ImageInput, IngestOutcome } from '../../pipeline/outcome.js';
import type { PreparedScan } from '../../pipeline/prepare-scan.js';
import type { Pseudonyms } from '../../pipeline/pseudonyms.js';
import type { IngestOptions, NamedSample } from '../../pipeline/sample-sink.js';
import { chooseSplit } from '../../pipeline/splits.js';
import { studyRegister, type StudyRegister } from '../../register/study-register.js';
import { LongObjects } from './long-objects.js';
import { Quarantine } from './quarantine.js';
import { requireSameObject, type SaidOfObject } from './said-of-object.js';
import { SeriesWindows } from './series-windows.js';

/** Whose an object is, as the site knows it: it goes into the register and no further. */
export interface NamedObject {
  /** Pseudonyms. */
  study: string;
  patient: string | undefined;
  studyUid: string;
  sopInstanceUid: string;
  dataSet: DataSet;
}

/** Told which sample a frame becomes, before it is rendered: what it returns is waited for. */
export type OnNamed = (sample: NamedSample) => Promise<void>;

/** What is to be done with an object. Named: it says which study it belongs to. */
export type OpenedObject = { source: string; named?: NamedObject | undefined } & (
  | { kind: 'image'; frames: number; prepare: (frame: number, onNamed?: OnNamed) => Promise<PreparedScan> }
  | { kind: 'filtered'; reason: FilterReason }
  | { kind: 'held'; error: SulcusError }
);

/** What is needed to prepare a frame of an object. */
interface OpenImage {
  file: DicomFile;
  pixels: PixelModule;
  encoded: readonly Buffer[];
  identity: Identity;
  input: ImageInput;
}

const heldBecause = (reason: HoldReason): SulcusError => new SulcusError('IMAGE_UNSUPPORTED', HELD_BECAUSE[reason]);

/** Pictures remembered by the UID of their object. */
const MAX_REMEMBERED = 50_000;
/** Studies whose pictures of before the start were looked up. */
const MAX_RECALLED = 10_000;

/**
 * From a DICOM object as it came to scans that may leave the site. Everything is decided here that needs the header:
 * whether it is wanted, whether it may leave, whom it is of, what is kept.
 */
export class DicomIntake implements AsyncDisposable {
  readonly #config: IntakeConfig;
  readonly #pseudonyms: Pseudonyms;
  readonly #windows = new SeriesWindows();
  readonly #pictures = new Map<string, number>();
  readonly #recalled = new Map<string, Promise<void>>();
  readonly #longObjects = new LongObjects();
  readonly quarantine: Quarantine;
  readonly register: StudyRegister;
  readonly #pool: DicomWorkerPool;

  constructor(config: IntakeConfig, pseudonyms: Pseudonyms) {
    this.#config = config;
    this.#pseudonyms = pseudonyms;
    this.#pool = new DicomWorkerPool({
      threads: Math.max(1, availableParallelism() - 1),
      limits: { maxBytes: config.maxFileBytes, maxPixels: config.maxPixels },
    });
    this.register = studyRegister(config.dataDir, pseudonyms);
    this.quarantine = new Quarantine(path.join(config.dataDir, 'quarantine'), config.quarantineBytes);
  }

  /**
   * Opens an object for as long as it is used. One of many attributes waits until those before it in the line are done
   * with, and until no other such is open.
   *
   * @param said what its request says of it
   * @throws what `use` throws, and what the signal aborts with; nothing for what is wrong with the object
   */
  async withObject<T>(
    input: ImageInput,
    { signal, ticket }: IngestOptions,
    said: SaidOfObject,
    use: (object: OpenedObject) => Promise<T>,
  ): Promise<T> {
    let close: (() => void) | undefined;
    const beforeLong = async (): Promise<void> => {
      if (close) return;
      // Whoever is at work waits for nobody behind it.
      await ticket?.ready;
      close = await this.#longObjects.begin(signal);
    };
    try {
      const object = await this.open(input, said, beforeLong);
      if (signal?.aborted) throw SulcusError.from(signal.reason);
      return await use(object);
    } finally {
      close?.();
    }
  }

  /**
   * Reads the header and decides. Never throws for what is wrong with the object.
   *
   * @param said what its request says of it
   * @param beforeLong as of readDicom
   */
  async open(input: ImageInput, said: SaidOfObject = {}, beforeLong?: () => Promise<void>): Promise<OpenedObject> {
    let source: string | undefined;
    let named: NamedObject | undefined;
    try {
      const limits = { maxBytes: this.#config.maxFileBytes };
      const file = await readDicom(input.bytes, limits, said.syntaxUid, beforeLong);
      const { dataSet } = file;
      source = this.#sourceOf(dataSet);
      named = this.#nameOf(dataSet);
      requireSameObject(dataSet, said);
      const release = releaseOf(dataSet, this.#config.dicomModalities);
      if (release !== 'release') {
        if ('filtered' in release) return { kind: 'filtered', source, named, reason: release.filtered };
        return { kind: 'held', source, named, error: heldBecause(release.held) };
      }
      const pixels = readPixelModule(dataSet, { maxPixels: this.#config.maxPixels });
      const image = {
        file,
        pixels,
        encoded: framesOf(file, pixels),
        identity: identityOf(dataSet, this.#pseudonyms),
        input,
      };
      return {
        ...{ kind: 'image', frames: pixels.frames, source, named },
        prepare: (frame, onNamed) => this.#prepare(image, frame, onNamed),
      };
    } catch (error) {
      // Of what cannot be read, something that tells it from others.
      source ??= `dicom/${createHash('sha256').update(input.bytes).digest('hex').slice(0, 16)}`;
      return { kind: 'held', source, named, error: SulcusError.from(error) };
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
    await this.register.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** @throws what is wrong with the frame */
  async #prepare(
    { file, pixels, encoded, identity, input }: OpenImage,
    frame: number,
    onNamed: OnNamed | undefined,
  ): Promise<PreparedScan> {
    const label = this.#labelOf(input);
    const { dataSet, syntax } = file;
    const header = deidentify(dataSet, frame, identity, this.#pseudonyms);
    const { photometric, isPlanar } = pixels;
    const examined = await this.#pool.examine(
      {
        header: Buffer.concat(writeDataSet(header)),
        encoded: encoded[frame]!,
        ...{ photometric, isPlanar, compressedBy: syntax.compression && syntax.uid },
      },
      { onWritten: onNamed && ((sampleId) => onNamed({ sampleId, patientId: identity.patient })) },
    );
    const { file: bytes, sha256: sampleId } = examined;
    const uid = header.text('SOPInstanceUID');
    await this.#recall(identity.study);
    this.#refuseOtherPicture(uid, examined.pictureCrc32);
    const { site, splitKey, splitShares, splitBy } = this.#config;
    const isByImage = splitBy === 'image';
    const { patient, study, series } = identity;
    const known = isByImage ? {} : { patient, study };
    const window = this.#windows.add(series, examined);
    const { width, height, channels } = examined;
    return {
      ...{ sampleId, studyId: study, patientId: patient, site, label },
      split: chooseSplit({ ...known, content: sampleId }, splitKey.reveal(), splitShares, input.splits),
      image: { inline: bytes },
      ...{ format: 'dicom', width, height, channels },
      receivedUnixMs: Date.now(),
      source: `dicom/${study}/${series}/${uid}`,
      perceptualHash: await perceptualHashInTurns(examined),
      isSplitByIdentity: !isByImage,
      askedSplits: input.splits,
      dicom: {
        ...describeImage(dataSet, frame),
        seriesId: series,
        windowRule: examined.rule,
        ...(window && { windowLow: window.low, windowHigh: window.high }),
        pseudonymKey: this.#pseudonyms.keyVersion,
      },
    };
  }

  /**
   * Remembers at the site what an object is and which samples its frames became.
   *
   * @throws STORAGE_FULL
   */
  async remember({ study, dataSet, sopInstanceUid }: NamedObject, outcomes: readonly IngestOutcome[]): Promise<void> {
    const isMultiFrame = (dataSet.number('NumberOfFrames') ?? 1) > 1;
    const object = {
      sopClassUid: dataSet.text('SOPClassUID'),
      sopInstanceUid,
      seriesUid: dataSet.text('SeriesInstanceUID'),
      modality: dataSet.text('Modality'),
      sampleIds: outcomes.map((outcome) =>
        outcome.kind === 'ingested' || outcome.kind === 'duplicate' ? outcome.sampleId : '',
      ),
      pictures: outcomes.map(({ kind }, frame) =>
        kind === 'ingested' || kind === 'duplicate'
          ? (this.#pictures.get(this.#pseudonyms.uid(nameOfFrame(sopInstanceUid, frame, isMultiFrame))) ?? 0)
          : 0,
      ),
    };
    await this.register.add(study, dataSet, object).catch((error: unknown) => {
      const reason = (error as Error).message;
      throw new SulcusError('STORAGE_FULL', `The register of studies cannot be written: ${reason}`, { cause: error });
    });
  }

  #nameOf(dataSet: DataSet): NamedObject | undefined {
    const studyUid = dataSet.text('StudyInstanceUID');
    const sopInstanceUid = dataSet.text('SOPInstanceUID');
    const study = this.#pseudonyms.study(studyUid);
    if (study === undefined || sopInstanceUid === '') return undefined;
    return { study, patient: identityOf(dataSet, this.#pseudonyms).patient, studyUid, sopInstanceUid, dataSet };
  }

  /** Folders of DICOM are often named after patients: only who says that they are classes makes labels of them. */
  #labelOf({ label, isLabelFromFolder }: ImageInput): string {
    return cleanLabel(isLabelFromFolder && !this.#config.dicomFolderLabels ? '' : label);
  }

  /** `dicom/<study>/<series>/<object>`, in pseudonyms: what a file was called at the site stays there. */
  #sourceOf(dataSet: DataSet): string {
    const { study, series } = identityOf(dataSet, this.#pseudonyms);
    return `dicom/${study}/${series}/${this.#pseudonyms.uid(dataSet.text('SOPInstanceUID'))}`;
  }

  /** What came of a study before the start is in the register: it is looked up once. */
  #recall(study: string): Promise<void> {
    let recalling = this.#recalled.get(study);
    if (!recalling) {
      recalling = this.#readPictures(study);
      this.#recalled.set(study, recalling);
      forgetOldest(this.#recalled, MAX_RECALLED);
    }
    return recalling;
  }

  async #readPictures(study: string): Promise<void> {
    // A register that cannot be read is told of by what writes it.
    const known = await this.register.study(study).catch(() => undefined);
    for (const { sopInstanceUid, pictures = [] } of known?.objects ?? [])
      for (const [frame, picture] of pictures.entries()) {
        const uid = this.#pseudonyms.uid(nameOfFrame(sopInstanceUid, frame, pictures.length > 1));
        if (picture !== 0 && !this.#pictures.has(uid)) this.#pictures.set(uid, picture);
        forgetOldest(this.#pictures, MAX_REMEMBERED);
      }
  }

  /** One name, two pictures: somebody makes names twice, or an image was changed. */
  #refuseOtherPicture(uid: string, picture: number): void {
    const known = this.#pictures.get(uid);
    if (known !== undefined && known !== picture)
      throw new SulcusError(
        'ALREADY_EXISTS',
        `Another picture came before under the same SOP instance UID (${uid}): look at what sends it`,
      );
    this.#pictures.set(uid, picture);
    forgetOldest(this.#pictures, MAX_REMEMBERED);
  }
}
