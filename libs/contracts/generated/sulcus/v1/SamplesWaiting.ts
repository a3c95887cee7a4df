// Original file: proto/sulcus/v1/event.proto

import type { Long } from '@grpc/proto-loader';

/**
 * What a trainer knows of and cannot learn from; told when it changes.
 */
export interface SamplesWaitingInput {
  /**
   * Training run.
   */
  'run'?: (string);
  /**
   * Images without a label, as far as they are kept.
   */
  'unlabelled'?: (number | string | Long);
  /**
   * Images whose label is not in the class list, by that label.
   */
  'unknownLabels'?: ({[key: string]: number | string | Long});
  /**
   * Images with such a label from which the network learns it as a class; 0: never.
   */
  'newClassSamples'?: (number | string | Long);
}

/**
 * What a trainer knows of and cannot learn from; told when it changes.
 */
export interface SamplesWaiting {
  /**
   * Training run.
   */
  'run': (string);
  /**
   * Images without a label, as far as they are kept.
   */
  'unlabelled': (number);
  /**
   * Images whose label is not in the class list, by that label.
   */
  'unknownLabels': ({[key: string]: number});
  /**
   * Images with such a label from which the network learns it as a class; 0: never.
   */
  'newClassSamples': (number);
}
