// Original file: proto/sulcus/v1/model.proto

import type { Long } from '@grpc/proto-loader';

// Original file: proto/sulcus/v1/model.proto

/**
 * What can happen to a version.
 */
export const _sulcus_v1_ModelEvent_Kind = {
  /**
   * Never sent.
   */
  KIND_UNSPECIFIED: 'KIND_UNSPECIFIED',
  /**
   * A version was published; it is immutable from here on.
   */
  KIND_PUBLISHED: 'KIND_PUBLISHED',
  /**
   * An alias moved onto the version.
   */
  KIND_PROMOTED: 'KIND_PROMOTED',
  /**
   * The version was not promoted: it was compared with the champion, or could not be; the reason says which.
   */
  KIND_DECLINED: 'KIND_DECLINED',
  /**
   * The alias moved back to the version before.
   */
  KIND_ROLLED_BACK: 'KIND_ROLLED_BACK',
  /**
   * The alias stays on the version until it is thawed, whatever trainers offer.
   */
  KIND_FROZEN: 'KIND_FROZEN',
  /**
   * Trainers may move the alias again.
   */
  KIND_THAWED: 'KIND_THAWED',
} as const;

/**
 * What can happen to a version.
 */
export type _sulcus_v1_ModelEvent_KindInput =
  /**
   * Never sent.
   */
  | 'KIND_UNSPECIFIED'
  | 0
  /**
   * A version was published; it is immutable from here on.
   */
  | 'KIND_PUBLISHED'
  | 1
  /**
   * An alias moved onto the version.
   */
  | 'KIND_PROMOTED'
  | 2
  /**
   * The version was not promoted: it was compared with the champion, or could not be; the reason says which.
   */
  | 'KIND_DECLINED'
  | 3
  /**
   * The alias moved back to the version before.
   */
  | 'KIND_ROLLED_BACK'
  | 4
  /**
   * The alias stays on the version until it is thawed, whatever trainers offer.
   */
  | 'KIND_FROZEN'
  | 5
  /**
   * Trainers may move the alias again.
   */
  | 'KIND_THAWED'
  | 6

/**
 * What can happen to a version.
 */
export type _sulcus_v1_ModelEvent_Kind = typeof _sulcus_v1_ModelEvent_Kind[keyof typeof _sulcus_v1_ModelEvent_Kind]

/**
 * What happened to a model version. Published to the MODELS stream, append-only.
 */
export interface ModelEventInput {
  /**
   * What happened.
   */
  'kind'?: (_sulcus_v1_ModelEvent_KindInput);
  /**
   * Model version, for example "main-000042".
   */
  'version'?: (string);
  /**
   * Alias concerned ("champion", "candidate"), or empty.
   */
  'alias'?: (string);
  /**
   * Version that the alias pointed to before, or empty.
   */
  'previousVersion'?: (string);
  /**
   * Why, in a sentence with the figures that decided.
   */
  'reason'?: (string);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs'?: (number | string | Long);
  /**
   * Metrics of the version on the validation split.
   */
  'validationLoss'?: (number | string);
  /**
   * Fraction, 0-1.
   */
  'validationAccuracy'?: (number | string);
}

/**
 * What happened to a model version. Published to the MODELS stream, append-only.
 */
export interface ModelEvent {
  /**
   * What happened.
   */
  'kind': (_sulcus_v1_ModelEvent_Kind);
  /**
   * Model version, for example "main-000042".
   */
  'version': (string);
  /**
   * Alias concerned ("champion", "candidate"), or empty.
   */
  'alias': (string);
  /**
   * Version that the alias pointed to before, or empty.
   */
  'previousVersion': (string);
  /**
   * Why, in a sentence with the figures that decided.
   */
  'reason': (string);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs': (number);
  /**
   * Metrics of the version on the validation split.
   */
  'validationLoss': (number);
  /**
   * Fraction, 0-1.
   */
  'validationAccuracy': (number);
}
