// Original file: proto/sulcus/v1/archive.proto

import type { ScanInput as _sulcus_v1_ScanInput, Scan as _sulcus_v1_Scan } from '../../sulcus/v1/Scan.js';
import type { Long } from '@grpc/proto-loader';

/**
 * A sample that left the broker, as one object of the archive: enough to send it again.
 */
export interface ArchivedSampleInput {
  /**
   * The scan as it lay on the SCANS stream; the image is always inline.
   */
  'scan'?: (_sulcus_v1_ScanInput | null);
  /**
   * Newest label when it was archived: of the sample, of its study, or as it came; empty when there was none.
   */
  'label'?: (string);
  /**
   * When that label was given, milliseconds since the Unix epoch; 0 for the label that the scan came with.
   */
  'labelledUnixMs'?: (number | string | Long);
  /**
   * Place on the SCANS stream before.
   */
  'scanSequence'?: (number | string | Long);
  /**
   * When it was archived, milliseconds since the Unix epoch.
   */
  'archivedUnixMs'?: (number | string | Long);
  /**
   * What the picture looks like, as the scan's header had it; empty when it had none.
   */
  'perceptualHash'?: (Buffer | Uint8Array | string);
  /**
   * Whether the label was given to this sample itself: such a label counts before any that is given to its study.
   */
  'ownLabel'?: (boolean);
}

/**
 * A sample that left the broker, as one object of the archive: enough to send it again.
 */
export interface ArchivedSample {
  /**
   * The scan as it lay on the SCANS stream; the image is always inline.
   */
  'scan': (_sulcus_v1_Scan | null);
  /**
   * Newest label when it was archived: of the sample, of its study, or as it came; empty when there was none.
   */
  'label': (string);
  /**
   * When that label was given, milliseconds since the Unix epoch; 0 for the label that the scan came with.
   */
  'labelledUnixMs': (number);
  /**
   * Place on the SCANS stream before.
   */
  'scanSequence': (number);
  /**
   * When it was archived, milliseconds since the Unix epoch.
   */
  'archivedUnixMs': (number);
  /**
   * What the picture looks like, as the scan's header had it; empty when it had none.
   */
  'perceptualHash': (Buffer);
  /**
   * Whether the label was given to this sample itself: such a label counts before any that is given to its study.
   */
  'ownLabel': (boolean);
}
