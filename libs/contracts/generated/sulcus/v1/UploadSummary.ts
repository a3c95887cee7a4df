// Original file: proto/sulcus/v1/ingest.proto

import type { ImageAckInput as _sulcus_v1_ImageAckInput, ImageAck as _sulcus_v1_ImageAck } from '../../sulcus/v1/ImageAck.js';
import type { Long } from '@grpc/proto-loader';

/**
 * Counts of one upload. received = ingested + duplicates + rejected.
 */
export interface UploadSummaryInput {
  'received'?: (number | string | Long);
  'ingested'?: (number | string | Long);
  'duplicates'?: (number | string | Long);
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
  'received': (number);
  'ingested': (number);
  'duplicates': (number);
  'rejected': (number);
  /**
   * The rejected images, at most the first 100.
   */
  'rejections': (_sulcus_v1_ImageAck)[];
}
