import type { IngestOutcome } from '../../pipeline/outcome.js';
import type { SaidOfObject } from '../dicom/said-of-object.js';
import type { PullRule } from './rules.js';

/** A series that an archive holds. */
export interface ArchivedSeries {
  studyUid: string;
  seriesUid: string;
  modality: string;
  /** Objects in it, where the archive says so. */
  instances: number | undefined;
}

/** Where objects go that an archive sends. */
export interface PulledObjects {
  readonly maxObjectBytes: number;
  /**
   * Takes one in, when there is room for it.
   *
   * @param said what its request says of it
   * @throws when the pipeline does not take it
   */
  take(bytes: Buffer, said?: SaidOfObject): Promise<IngestOutcome[]>;
  /** Of an object that was longer than that, and is not kept. */
  tooLong(): Promise<void>;
  /** Which of objects have come, whatever became of them. @param sopInstanceUids as the site knows them */
  known(sopInstanceUids: readonly string[]): Promise<ReadonlySet<string>>;
}

/** What is asked for series, and sends them. */
export interface Archive {
  /** Series that a rule asks for, as the archive knows them now. */
  find(rule: PullRule, at: Date, signal: AbortSignal): AsyncGenerator<ArchivedSeries, void, undefined>;
  /**
   * Has a series sent.
   *
   * @returns objects that came, whatever became of them
   * @throws when it broke off, when any of it could not be sent, when the pipeline did not take it
   */
  fetch(series: ArchivedSeries, objects: PulledObjects, signal: AbortSignal): Promise<number>;
}
