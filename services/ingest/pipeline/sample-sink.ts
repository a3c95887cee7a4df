import type { Ticket } from '#libs/async';
import type { SulcusError } from '#libs/errors';
import type { IngestOutcome } from './outcome.js';
import type { PreparedScan } from './prepare-scan.js';

export interface IngestOptions {
  /** The sender has gone: stop waiting for a full pipeline. */
  signal?: AbortSignal | undefined;
  /** Place in a line: scans are sent in the order of their tickets. */
  ticket?: Ticket | undefined;
}

/** A sample of which no more is known yet. */
export interface NamedSample {
  sampleId: string;
  /** Pseudonym of its patient, where one is known. */
  patientId?: string | undefined;
}

/** What is refused, and why. */
export interface Refused {
  source: string;
  error: SulcusError;
  /** Site that it came from. Default: that of this process. */
  site?: string;
  /** Pseudonym of its patient, where one is known. */
  patientId?: string | undefined;
}

/** Stores the scan that was begun; the outcome is on durable storage when it is known. */
export type StoreScan = (scan: PreparedScan) => Promise<IngestOutcome>;

/** Where samples go that are taken in, and where refused ones are kept: the broker, or the spool of an edge. */
export interface SampleSink {
  /**
   * Tells of a sample before it is decoded or rendered, so that what storing it needs to know is asked meanwhile.
   *
   * @throws (when storing) BACKPRESSURE, STORAGE_FULL, BUS_UNAVAILABLE when it is not taken within the retry timeout;
   *   CANCELLED when the signal aborts
   */
  begin(sample: NamedSample, options: IngestOptions): StoreScan;
  /**
   * Keeps what is refused, durably.
   *
   * @param bytes as they came; undefined: only the cause is kept
   * @throws as storing does
   */
  keepRefused(refused: Refused, bytes?: Uint8Array, signal?: AbortSignal): Promise<void>;
  /**
   * Which of samples that were taken in before are on durable storage now. Absent: nobody can tell, and storage is not
   * committed to.
   *
   * @param site that they are of. Default: that of this process
   */
  findDurable?(sampleIds: readonly string[], site?: string): Promise<ReadonlySet<string>>;
  /**
   * Tells that everything of a study has come. Absent: nobody can be told, and its idle time is waited for.
   *
   * @param site that it is of. Default: that of this process
   */
  completeStudy?(studyId: string, samples: number, site?: string): Promise<void>;
}
