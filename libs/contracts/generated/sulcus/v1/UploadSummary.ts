// Original file: proto/sulcus/v1/ingest.proto

import type { ImageAckInput as _sulcus_v1_ImageAckInput, ImageAck as _sulcus_v1_ImageAck } from '../../sulcus/v1/ImageAck.js';
import type { Long } from '@grpc/proto-loader';

/**
 * Counts of one upload. received = ingested + duplicates + rejected.
 */
export interface UploadSummaryInput {
  /**
   * Images received.
   */
  'received'?: (number | string | Long);
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
   * The rejected images, at most the first 100.
   */
  'rejections'?: (_sulcus_v1_ImageAckInput)[];
}

/**
 * Counts of one upload. received = ingested + duplicates + rejected.
 */
export interface UploadSummary {
  /**
   * Images received.
   */
  'received': (number);
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
   * The rejected images, at most the first 100.
   */
  'rejections': (_sulcus_v1_ImageAck)[];
}
