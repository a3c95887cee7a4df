// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * How many images one version put into a class and the other into another, or the same.
 */
export interface ShadowConfusionInput {
  /**
   * Class of the live version.
   */
  'liveClass'?: (string);
  /**
   * Class of the shadow version.
   */
  'shadowClass'?: (string);
  /**
   * Images.
   */
  'count'?: (number | string | Long);
}

/**
 * How many images one version put into a class and the other into another, or the same.
 */
export interface ShadowConfusion {
  /**
   * Class of the live version.
   */
  'liveClass': (string);
  /**
   * Class of the shadow version.
   */
  'shadowClass': (string);
  /**
   * Images.
   */
  'count': (number);
}
