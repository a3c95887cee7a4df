import type { SulcusError } from '#libs/errors';
import type { AssignedSplit } from './splits.js';

/** One image as a source hands it in. */
export interface ImageInput {
  /** The encoded file. */
  bytes: Uint8Array;
  /** Where it came from, for people: a relative path or the upload's own name. */
  source: string;
  /** Class name; absent when it is not known yet. */
  label?: string;
  /** The label is the name of a folder, which for DICOM may be that of a patient. */
  isLabelFromFolder?: boolean;
  /** Identities as the site knows them; they are pseudonymised and go no further. */
  patientId?: string;
  studyId?: string;
  /** The splits in question, for example only the test split for a `Testing` folder. Default: all. */
  splits?: readonly AssignedSplit[];
}

/**
 * What became of one image. In every case it is on durable storage when this is known. `source` is a pseudonym where
 * names do not leave the site.
 */
export type IngestOutcome =
  /** Stored for the first time. */
  | {
      kind: 'ingested';
      source: string;
      sampleId: string;
      split: AssignedSplit;
      sequence: number;
      /**
       * The image of another split that it looks like. Moved: it went to that split; not moved: its patient or study
       * decides, and the two are on different sides.
       */
      sameAs?: { sampleId: string; isMoved: boolean };
    }
  /** Stored before with the same label, or without one: nothing was added to the scans. */
  | { kind: 'duplicate'; source: string; sampleId: string; split: AssignedSplit; sequence: number }
  /** A DICOM object that nobody wants, such as a localizer: counted, not kept. */
  | { kind: 'filtered'; source: string; reason: string }
  /** Refused; kept in the dead-letter stream with its cause, DICOM in the site's quarantine. */
  | { kind: 'rejected'; source: string; sampleId?: string; error: SulcusError; isQuarantined?: boolean };
