// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * How full SCANS is, and what the archiver has done about it. Also the value of `state` in the bucket `archive`.
 */
export interface ArchiveProgressInput {
  /**
   * "ready": there is room, or room is being made. "waiting": there is less room than there should be, or a label could
   * not be carried to the archive. "unavailable": the archive is away, full or refuses.
   */
  'state'?: (string);
  /**
   * A sentence for people: why it waits, else where the archive is.
   */
  'message'?: (string);
  /**
   * Bytes of SCANS.
   */
  'scansBytes'?: (number | string | Long);
  /**
   * Bytes at which SCANS refuses more; 0 without a limit.
   */
  'scansMaxBytes'?: (number | string | Long);
  /**
   * Scans that left SCANS for the archive so far, restarts included.
   */
  'archived'?: (number | string | Long);
  /**
   * Bytes of their images.
   */
  'archivedBytes'?: (number | string | Long);
  /**
   * Archived samples that were sent to SCANS again because a label came.
   */
  'restored'?: (number | string | Long);
  /**
   * Archived samples that the archive has lost or damaged; each is a dead letter and may be sent again.
   */
  'lost'?: (number | string | Long);
  /**
   * When this was so, milliseconds since the Unix epoch.
   */
  'updatedUnixMs'?: (number | string | Long);
}

/**
 * How full SCANS is, and what the archiver has done about it. Also the value of `state` in the bucket `archive`.
 */
export interface ArchiveProgress {
  /**
   * "ready": there is room, or room is being made. "waiting": there is less room than there should be, or a label could
   * not be carried to the archive. "unavailable": the archive is away, full or refuses.
   */
  'state': (string);
  /**
   * A sentence for people: why it waits, else where the archive is.
   */
  'message': (string);
  /**
   * Bytes of SCANS.
   */
  'scansBytes': (number);
  /**
   * Bytes at which SCANS refuses more; 0 without a limit.
   */
  'scansMaxBytes': (number);
  /**
   * Scans that left SCANS for the archive so far, restarts included.
   */
  'archived': (number);
  /**
   * Bytes of their images.
   */
  'archivedBytes': (number);
  /**
   * Archived samples that were sent to SCANS again because a label came.
   */
  'restored': (number);
  /**
   * Archived samples that the archive has lost or damaged; each is a dead letter and may be sent again.
   */
  'lost': (number);
  /**
   * When this was so, milliseconds since the Unix epoch.
   */
  'updatedUnixMs': (number);
}
