// Original file: proto/sulcus/v1/ingest.proto

import type { Long } from '@grpc/proto-loader';

/**
 * An ingest, as those who send to it need to know it.
 */
export interface IngestDescriptionInput {
  /**
   * Version of its package.
   */
  'version'?: (string);
  /**
   * Its clock, milliseconds since the Unix epoch.
   */
  'timeUnixMs'?: (number | string | Long);
  /**
   * Largest message that it takes, in bytes.
   */
  'maxMessageBytes'?: (number | string | Long);
  /**
   * Samples of one upload that it has under way at the same time.
   */
  'uploadWindow'?: (number);
  /**
   * Who the caller is to it, such as the URI of its certificate; empty where it asks nobody.
   */
  'caller'?: (string);
  /**
   * Site that the caller may send for; empty: any.
   */
  'callerSite'?: (string);
}

/**
 * An ingest, as those who send to it need to know it.
 */
export interface IngestDescription {
  /**
   * Version of its package.
   */
  'version': (string);
  /**
   * Its clock, milliseconds since the Unix epoch.
   */
  'timeUnixMs': (number);
  /**
   * Largest message that it takes, in bytes.
   */
  'maxMessageBytes': (number);
  /**
   * Samples of one upload that it has under way at the same time.
   */
  'uploadWindow': (number);
  /**
   * Who the caller is to it, such as the URI of its certificate; empty where it asks nobody.
   */
  'caller': (string);
  /**
   * Site that the caller may send for; empty: any.
   */
  'callerSite': (string);
}
