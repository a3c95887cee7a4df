// Original file: proto/sulcus/v1/event.proto

import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from '../../sulcus/v1/Payload.js';
import type { Long } from '@grpc/proto-loader';

/**
 * What could not be processed, with its cause and the original message. Published to the DEAD stream.
 */
export interface DeadLetterInput {
  /**
   * Service that gave up.
   */
  'service'?: (string);
  /**
   * Stable error code (see libs/errors).
   */
  'code'?: (string);
  /**
   * The error in a sentence.
   */
  'cause'?: (string);
  /**
   * Where the original came from: a file's relative path, an upload's name, or a stream and sequence.
   */
  'source'?: (string);
  /**
   * Schema of the original ("sulcus.v1.Scan"), or a media type when it was not a message.
   */
  'originalType'?: (string);
  /**
   * The original bytes; absent when they could not be read.
   */
  'original'?: (_sulcus_v1_PayloadInput | null);
  /**
   * Deliveries before giving up.
   */
  'deliveries'?: (number);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs'?: (number | string | Long);
  /**
   * Site of the original, or empty.
   */
  'site'?: (string);
  /**
   * Subject of the original message, or empty.
   */
  'subject'?: (string);
  /**
   * Pseudonym of the patient that a refused image came with, or empty: a withdrawal finds it by that.
   */
  'patientId'?: (string);
}

/**
 * What could not be processed, with its cause and the original message. Published to the DEAD stream.
 */
export interface DeadLetter {
  /**
   * Service that gave up.
   */
  'service': (string);
  /**
   * Stable error code (see libs/errors).
   */
  'code': (string);
  /**
   * The error in a sentence.
   */
  'cause': (string);
  /**
   * Where the original came from: a file's relative path, an upload's name, or a stream and sequence.
   */
  'source': (string);
  /**
   * Schema of the original ("sulcus.v1.Scan"), or a media type when it was not a message.
   */
  'originalType': (string);
  /**
   * The original bytes; absent when they could not be read.
   */
  'original': (_sulcus_v1_Payload | null);
  /**
   * Deliveries before giving up.
   */
  'deliveries': (number);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs': (number);
  /**
   * Site of the original, or empty.
   */
  'site': (string);
  /**
   * Subject of the original message, or empty.
   */
  'subject': (string);
  /**
   * Pseudonym of the patient that a refused image came with, or empty: a withdrawal finds it by that.
   */
  'patientId': (string);
}
