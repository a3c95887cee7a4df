// Original file: proto/sulcus/v1/ingest.proto

import type { ScanInput as _sulcus_v1_ScanInput, Scan as _sulcus_v1_Scan } from '../../sulcus/v1/Scan.js';

/**
 * A sample as an edge sends it on.
 */
export interface ForwardedScanInput {
  /**
   * The scan, its image inline; pseudonyms, UIDs and dates are those of the site's key.
   */
  'scan'?: (_sulcus_v1_ScanInput | null);
  /**
   * Perceptual hash of the decoded picture, 256 bytes: finds the same picture on another side of the split.
   */
  'perceptualHash'?: (Buffer | Uint8Array | string);
  /**
   * Whether the split follows from patient or study, whose other images must stay with it.
   */
  'splitByIdentity'?: (boolean);
  /**
   * W3C traceparent of the span in which the edge took it in, or empty.
   */
  'traceparent'?: (string);
  /**
   * Bytes of an image that does not fit one message: messages of nothing else come before the one with the scan, whose
   * image goes on where they end.
   */
  'part'?: (Buffer | Uint8Array | string);
}

/**
 * A sample as an edge sends it on.
 */
export interface ForwardedScan {
  /**
   * The scan, its image inline; pseudonyms, UIDs and dates are those of the site's key.
   */
  'scan': (_sulcus_v1_Scan | null);
  /**
   * Perceptual hash of the decoded picture, 256 bytes: finds the same picture on another side of the split.
   */
  'perceptualHash': (Buffer);
  /**
   * Whether the split follows from patient or study, whose other images must stay with it.
   */
  'splitByIdentity': (boolean);
  /**
   * W3C traceparent of the span in which the edge took it in, or empty.
   */
  'traceparent': (string);
  /**
   * Bytes of an image that does not fit one message: messages of nothing else come before the one with the scan, whose
   * image goes on where they end.
   */
  'part': (Buffer);
}
