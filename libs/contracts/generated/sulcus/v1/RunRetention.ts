// Original file: proto/sulcus/v1/retention.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What a run that learns from a stream still needs of the SCANS stream: the value of its key in the bucket
 * `retention`. What no run needs may leave the broker for the archive.
 */
export interface RunRetentionInput {
  /**
   * Training run; also the key.
   */
  'run'?: (string);
  /**
   * When it was written, milliseconds since the Unix epoch.
   */
  'updatedUnixMs'?: (number | string | Long);
  /**
   * Every labelled scan up to this sequence of SCANS has been learned or put aside for good, by the labels up to
   * `labels_through`.
   */
  'settledThrough'?: (number | string | Long);
  /**
   * Scans that are needed all the same (replay memory, held-out sets, pending ones), by their sequences in ascending
   * order, each as its distance from the one before: 5, 2, 1 stands for the scans 5, 7 and 8.
   */
  'retainedDistances'?: (number | string | Long)[];
  /**
   * Newest sequence of LABELS that the run had seen when it wrote this: a scan with a newer label is not settled.
   */
  'labelsThrough'?: (number | string | Long);
}

/**
 * What a run that learns from a stream still needs of the SCANS stream: the value of its key in the bucket
 * `retention`. What no run needs may leave the broker for the archive.
 */
export interface RunRetention {
  /**
   * Training run; also the key.
   */
  'run': (string);
  /**
   * When it was written, milliseconds since the Unix epoch.
   */
  'updatedUnixMs': (number);
  /**
   * Every labelled scan up to this sequence of SCANS has been learned or put aside for good, by the labels up to
   * `labels_through`.
   */
  'settledThrough': (number);
  /**
   * Scans that are needed all the same (replay memory, held-out sets, pending ones), by their sequences in ascending
   * order, each as its distance from the one before: 5, 2, 1 stands for the scans 5, 7 and 8.
   */
  'retainedDistances': (number)[];
  /**
   * Newest sequence of LABELS that the run had seen when it wrote this: a scan with a newer label is not settled.
   */
  'labelsThrough': (number);
}
