import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import pLimit from 'p-limit';
import type { DataSet, Keyword } from '#libs/dicom';
import { forgetOldest } from '#libs/memory';
import type { Pseudonyms } from '../pipeline/pseudonyms.js';
import { SealedLog } from './sealed-log.js';

/** What an object that goes back to the site must say of its study, as the site knows it (PS3.3 C.7.1.1, C.7.2.1). */
export const STUDY_ATTRIBUTES = [
  'StudyInstanceUID',
  'PatientID',
  'IssuerOfPatientID',
  'PatientName',
  'PatientBirthDate',
  'PatientSex',
  'StudyDate',
  'StudyTime',
  'AccessionNumber',
  'ReferringPhysicianName',
  'StudyID',
] as const satisfies readonly Keyword[];

export type StudyAttributes = Readonly<Record<(typeof STUDY_ATTRIBUTES)[number], string>>;

/** An object that came, as the site knows it, and what became of it. */
export interface RegisteredObject {
  readonly sopClassUid: string;
  readonly sopInstanceUid: string;
  readonly seriesUid: string;
  readonly modality: string;
  /** Of its frames in their order, the samples that they became; '' for one that did not become any. */
  readonly sampleIds: readonly string[];
  /** Of the same frames, the CRC-32 of their stored values; 0 where nothing was stored. */
  readonly pictures?: readonly number[];
}

/** Everything that came of a study. */
export interface RegisteredStudy {
  readonly attributes: StudyAttributes;
  /**
   * In the order in which they came; one that came twice stands once, as it was the last time that as many of its
   * frames became samples: what comes damaged, or as another picture, changes nothing of what is there.
   */
  readonly objects: readonly RegisteredObject[];
}

type Entry = { study: StudyAttributes } | { object: RegisteredObject };

/** The register of a site. @param dataDir SULCUS_DATA_DIR */
export const studyRegister = (dataDir: string, pseudonyms: Pseudonyms): StudyRegister =>
  new StudyRegister(path.join(dataDir, 'register'), pseudonyms.sealingKey);

/** Studies whose files are known to end with a whole record. */
const MAX_KNOWN = 10_000;
/** Studies that come at the same time, whose files stay open. */
const MAX_OPEN = 8;
/** Objects whose study is remembered. */
const MAX_REMEMBERED = 200_000;
/** Studies that are looked through for an object that nobody remembers, the newest first. */
const MAX_SEARCHED = 2_000;

/**
 * The way back: which study, patient and objects stand behind pseudonyms. One sealed file for each study, in
 * SULCUS_DATA_DIR, under a key that follows from the site's pseudonym key: nobody else can read it, and nothing of it
 * leaves.
 */
export class StudyRegister {
  readonly #folder: string;
  readonly #key: Buffer;
  readonly #known = new Set<string>();
  readonly #oneByOne = pLimit(1);
  readonly #studyOf = new Map<string, string>();
  /** By study, the one that was written to last behind the others. */
  readonly #open = new Map<string, SealedLog>();

  /** @param key 32 bytes */
  constructor(folder: string, key: Buffer) {
    this.#folder = folder;
    this.#key = key;
  }

  /** @param study pseudonym of the study */
  add(study: string, dataSet: DataSet, object: RegisteredObject): Promise<void> {
    return this.#oneByOne(() => this.#add(study, dataSet, object));
  }

  /** Closes the files of the studies that came last. */
  close(): Promise<void> {
    return this.#oneByOne(async () => {
      for (const log of this.#open.values()) await log.close();
      this.#open.clear();
    });
  }

  async #add(study: string, dataSet: DataSet, object: RegisteredObject): Promise<void> {
    const log = await this.#logToAddTo(study);
    if (!this.#known.has(study)) {
      await log.mend();
      remember(this.#known, study, MAX_KNOWN);
    }
    if (await log.isEmpty()) await log.add({ study: attributesOf(dataSet) } satisfies Entry);
    await log.add({ object } satisfies Entry);
    this.#remember(object.sopInstanceUid, study);
  }

  /** @returns undefined for a study that nothing came of */
  async study(study: string): Promise<RegisteredStudy | undefined> {
    const records = await this.#log(study).read<Entry>();
    const attributes = records.find((record) => 'study' in record)?.study;
    if (!attributes) return undefined;
    const objects = new Map<string, RegisteredObject>();
    for (const record of records) {
      if (!('object' in record)) continue;
      const known = objects.get(record.object.sopInstanceUid);
      if (!known || samplesOf(record.object) >= samplesOf(known))
        objects.set(record.object.sopInstanceUid, record.object);
    }
    return { attributes, objects: [...objects.values()] };
  }

  /**
   * What is known of objects: of those that came since the start, else of those of the newest studies.
   *
   * @param sopInstanceUids as the site knows them
   */
  async find(sopInstanceUids: readonly string[]): Promise<Map<string, RegisteredObject>> {
    const found = new Map<string, RegisteredObject>();
    const missing = new Set(sopInstanceUids);
    const look = async (study: string): Promise<void> => {
      for (const object of (await this.study(study))?.objects ?? []) {
        if (!missing.delete(object.sopInstanceUid)) continue;
        found.set(object.sopInstanceUid, object);
        this.#remember(object.sopInstanceUid, study);
      }
    };
    const remembered = new Set(sopInstanceUids.flatMap((uid) => this.#studyOf.get(uid) ?? []));
    for (const study of remembered) await look(study);
    if (missing.size === 0) return found;
    for (const study of (await this.#newest()).filter((one) => !remembered.has(one))) {
      await look(study);
      if (missing.size === 0) break;
    }
    return found;
  }

  async #newest(): Promise<string[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const dated = await Promise.all(
      names.map(async (name) => ({ name, changedMs: (await stat(path.join(this.#folder, name))).mtimeMs })),
    );
    return dated
      .sort((left, right) => right.changedMs - left.changedMs)
      .slice(0, MAX_SEARCHED)
      .map(({ name }) => name);
  }

  #remember(sopInstanceUid: string, study: string): void {
    this.#studyOf.delete(sopInstanceUid);
    this.#studyOf.set(sopInstanceUid, study);
    forgetOldest(this.#studyOf, MAX_REMEMBERED);
  }

  #log(study: string, options?: { staysOpen: boolean }): SealedLog {
    return new SealedLog(this.#fileOf(study), this.#key, options);
  }

  async #logToAddTo(study: string): Promise<SealedLog> {
    const log = this.#open.get(study) ?? this.#log(study, { staysOpen: true });
    this.#open.delete(study);
    this.#open.set(study, log);
    const [oldest] = this.#open;
    if (oldest && this.#open.size > MAX_OPEN) {
      this.#open.delete(oldest[0]);
      await oldest[1].close();
    }
    return log;
  }

  /** Pseudonyms are letters, digits, hyphens and underscores. */
  #fileOf(study: string): string {
    return path.join(this.#folder, study.replace(/[^\w-]/g, '_'));
  }
}

const samplesOf = ({ sampleIds }: RegisteredObject): number => sampleIds.filter((id) => id !== '').length;

const attributesOf = (dataSet: DataSet): StudyAttributes =>
  Object.fromEntries(STUDY_ATTRIBUTES.map((keyword) => [keyword, dataSet.text(keyword)])) as StudyAttributes;

function remember(set: Set<string>, value: string, limit: number): void {
  set.add(value);
  forgetOldest(set, limit);
}
