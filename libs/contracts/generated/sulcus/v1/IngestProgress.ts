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
  'offered'?: (number | string | Long);
  'ingested'?: (number | string | Long);
  'duplicates'?: (number | string | Long);
  'rejected'?: (number | string | Long);
  'train'?: (number | string | Long);
  'validation'?: (number | string | Long);
  'test'?: (number | string | Long);
  /**
   * True on the last report of an import.
   */
  'done'?: (boolean);
}

/**
 * Cumulative counts of one import or of a server since it started. offered = ingested + duplicates + rejected.
 */
export interface IngestProgress {
  /**
   * Import this belongs to, or empty for uploads and watched folders.
   */
  'importId': (string);
  'offered': (number);
  'ingested': (number);
  'duplicates': (number);
  'rejected': (number);
  'train': (number);
  'validation': (number);
  'test': (number);
  /**
   * True on the last report of an import.
   */
  'done': (boolean);
}
