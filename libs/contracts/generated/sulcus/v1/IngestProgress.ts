// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * Cumulative counts of one import or of a server since it started. offered = ingested + duplicates + rejected.
 */
export interface IngestProgressInput {
  /**
   * Import this belongs to, or empty for uploads and watched folders.
   */
  'importId'?: (string);
  /**
   * Images settled so far, one way or another.
   */
  'offered'?: (number | string | Long);
  /**
   * Images stored for the first time.
   */
  'ingested'?: (number | string | Long);
  /**
   * Images that were stored before.
   */
  'duplicates'?: (number | string | Long);
  /**
   * Images refused and kept in the dead-letter stream.
   */
  'rejected'?: (number | string | Long);
  /**
   * Ingested images of the train split.
   */
  'train'?: (number | string | Long);
  /**
   * Ingested images of the validation split.
   */
  'validation'?: (number | string | Long);
  /**
   * Ingested images of the test split.
   */
  'test'?: (number | string | Long);
  /**
   * True on the last report of an import.
   */
  'done'?: (boolean);
  /**
   * Ingested images of the gate split.
   */
  'gate'?: (number | string | Long);
  /**
   * Ingested images that look like one of another split, and were put on its side.
   */
  'nearDuplicates'?: (number | string | Long);
  /**
   * Ingested images that look like one of another split, where patient or study left them on the other side.
   */
  'leaks'?: (number | string | Long);
  /**
   * DICOM objects that are not wanted (localizers, screens, other modalities, no image): counted and not kept.
   */
  'filtered'?: (number | string | Long);
  /**
   * Of those rejected, DICOM objects that are kept at the site, in its quarantine.
   */
  'quarantined'?: (number | string | Long);
}

/**
 * Cumulative counts of one import or of a server since it started. offered = ingested + duplicates + rejected.
 */
export interface IngestProgress {
  /**
   * Import this belongs to, or empty for uploads and watched folders.
   */
  'importId': (string);
  /**
   * Images settled so far, one way or another.
   */
  'offered': (number);
  /**
   * Images stored for the first time.
   */
  'ingested': (number);
  /**
   * Images that were stored before.
   */
  'duplicates': (number);
  /**
   * Images refused and kept in the dead-letter stream.
   */
  'rejected': (number);
  /**
   * Ingested images of the train split.
   */
  'train': (number);
  /**
   * Ingested images of the validation split.
   */
  'validation': (number);
  /**
   * Ingested images of the test split.
   */
  'test': (number);
  /**
   * True on the last report of an import.
   */
  'done': (boolean);
  /**
   * Ingested images of the gate split.
   */
  'gate': (number);
  /**
   * Ingested images that look like one of another split, and were put on its side.
   */
  'nearDuplicates': (number);
  /**
   * Ingested images that look like one of another split, where patient or study left them on the other side.
   */
  'leaks': (number);
  /**
   * DICOM objects that are not wanted (localizers, screens, other modalities, no image): counted and not kept.
   */
  'filtered': (number);
  /**
   * Of those rejected, DICOM objects that are kept at the site, in its quarantine.
   */
  'quarantined': (number);
}
