// Original file: proto/sulcus/v1/event.proto

import type { ShadowConfusionInput as _sulcus_v1_ShadowConfusionInput, ShadowConfusion as _sulcus_v1_ShadowConfusion } from '../../sulcus/v1/ShadowConfusion.js';
import type { Long } from '@grpc/proto-loader';

/**
 * Cumulative comparison of a shadow version with the live one, on the same images; callers got the latter's answers.
 */
export interface ShadowProgressInput {
  /**
   * Version that answered callers.
   */
  'liveVersion'?: (string);
  /**
   * Version that a share of the traffic is mirrored to.
   */
  'shadowVersion'?: (string);
  /**
   * Images both have answered.
   */
  'compared'?: (number | string | Long);
  /**
   * Images of these for which both found the same class most probable.
   */
  'agreed'?: (number | string | Long);
  /**
   * Mean over images and classes of the absolute difference of probabilities, 0-1.
   */
  'meanAbsoluteDifference'?: (number | string);
  /**
   * The compared images by the classes found most probable; pairs that occurred.
   */
  'confusion'?: (_sulcus_v1_ShadowConfusionInput)[];
  /**
   * Mean time of the run of the network that answered, for its whole batch, milliseconds.
   */
  'liveInferenceMs'?: (number | string);
  /**
   * The same of the shadow version, which runs one image at a time and gives way to all else on the machine.
   */
  'shadowInferenceMs'?: (number | string);
  /**
   * Images of the share that were not mirrored because the shadow version was busy.
   */
  'dropped'?: (number | string | Long);
  /**
   * Images that the shadow version had no answer to, or none that can be compared.
   */
  'failed'?: (number | string | Long);
}

/**
 * Cumulative comparison of a shadow version with the live one, on the same images; callers got the latter's answers.
 */
export interface ShadowProgress {
  /**
   * Version that answered callers.
   */
  'liveVersion': (string);
  /**
   * Version that a share of the traffic is mirrored to.
   */
  'shadowVersion': (string);
  /**
   * Images both have answered.
   */
  'compared': (number);
  /**
   * Images of these for which both found the same class most probable.
   */
  'agreed': (number);
  /**
   * Mean over images and classes of the absolute difference of probabilities, 0-1.
   */
  'meanAbsoluteDifference': (number);
  /**
   * The compared images by the classes found most probable; pairs that occurred.
   */
  'confusion': (_sulcus_v1_ShadowConfusion)[];
  /**
   * Mean time of the run of the network that answered, for its whole batch, milliseconds.
   */
  'liveInferenceMs': (number);
  /**
   * The same of the shadow version, which runs one image at a time and gives way to all else on the machine.
   */
  'shadowInferenceMs': (number);
  /**
   * Images of the share that were not mirrored because the shadow version was busy.
   */
  'dropped': (number);
  /**
   * Images that the shadow version had no answer to, or none that can be compared.
   */
  'failed': (number);
}
