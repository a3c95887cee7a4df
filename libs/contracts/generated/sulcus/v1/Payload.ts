// Original file: proto/sulcus/v1/common.proto

import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from '../../sulcus/v1/BlobRef.js';

/**
 * Bytes that travel in the message while they fit, and by reference when they do not.
 */
export interface PayloadInput {
  /**
   * The bytes themselves.
   */
  'inline'?: (Buffer | Uint8Array | string);
  /**
   * Where the bytes are.
   */
  'blob'?: (_sulcus_v1_BlobRefInput | null);
  'content'?: "inline"|"blob";
}

/**
 * Bytes that travel in the message while they fit, and by reference when they do not.
 */
export interface Payload {
  /**
   * The bytes themselves.
   */
  'inline'?: (Buffer);
  /**
   * Where the bytes are.
   */
  'blob'?: (_sulcus_v1_BlobRef | null);
  'content'?: "inline"|"blob";
}
