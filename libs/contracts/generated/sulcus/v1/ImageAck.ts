// Original file: proto/sulcus/v1/ingest.proto

import type { SplitInput as _sulcus_v1_SplitInput, Split as _sulcus_v1_Split } from '../../sulcus/v1/Split.js';

// Original file: proto/sulcus/v1/ingest.proto

/**
 * What can become of an image.
 */
export const _sulcus_v1_ImageAck_Outcome = {
  /**
   * Never sent.
   */
  OUTCOME_UNSPECIFIED: 'OUTCOME_UNSPECIFIED',
  /**
   * Stored for the first time.
   */
  OUTCOME_INGESTED: 'OUTCOME_INGESTED',
  /**
   * Stored before: nothing was added.
   */
  OUTCOME_DUPLICATE: 'OUTCOME_DUPLICATE',
  /**
   * Refused; kept in the dead-letter stream with its cause.
   */
  OUTCOME_REJECTED: 'OUTCOME_REJECTED',
} as const;

/**
 * What can become of an image.
 */
export type _sulcus_v1_ImageAck_OutcomeInput =
  /**
   * Never sent.
   */
  | 'OUTCOME_UNSPECIFIED'
  | 0
  /**
   * Stored for the first time.
   */
  | 'OUTCOME_INGESTED'
  | 1
  /**
   * Stored before: nothing was added.
   */
  | 'OUTCOME_DUPLICATE'
  | 2
  /**
   * Refused; kept in the dead-letter stream with its cause.
   */
  | 'OUTCOME_REJECTED'
  | 3

/**
 * What can become of an image.
 */
export type _sulcus_v1_ImageAck_Outcome = typeof _sulcus_v1_ImageAck_Outcome[keyof typeof _sulcus_v1_ImageAck_Outcome]

/**
 * What became of one image.
 */
export interface ImageAckInput {
  /**
   * Name given in the request.
   */
  'name'?: (string);
  /**
   * What became of the image.
   */
  'outcome'?: (_sulcus_v1_ImageAck_OutcomeInput);
  /**
   * Identity of the sample: SHA-256 of the image as it is stored, without metadata, lower-case hexadecimal.
   */
  'sampleId'?: (string);
  /**
   * Split that the sample belongs to.
   */
  'split'?: (_sulcus_v1_SplitInput);
  /**
   * For rejected images: stable error code (see libs/errors).
   */
  'errorCode'?: (string);
  /**
   * For rejected images: what is wrong and what to do.
   */
  'errorMessage'?: (string);
}

/**
 * What became of one image.
 */
export interface ImageAck {
  /**
   * Name given in the request.
   */
  'name': (string);
  /**
   * What became of the image.
   */
  'outcome': (_sulcus_v1_ImageAck_Outcome);
  /**
   * Identity of the sample: SHA-256 of the image as it is stored, without metadata, lower-case hexadecimal.
   */
  'sampleId': (string);
  /**
   * Split that the sample belongs to.
   */
  'split': (_sulcus_v1_Split);
  /**
   * For rejected images: stable error code (see libs/errors).
   */
  'errorCode': (string);
  /**
   * For rejected images: what is wrong and what to do.
   */
  'errorMessage': (string);
}
