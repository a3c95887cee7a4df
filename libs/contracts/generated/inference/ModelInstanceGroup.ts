// Original file: proto/inference/v2/model_config.proto


// Original file: proto/inference/v2/model_config.proto

export const _inference_ModelInstanceGroup_Kind = {
  KIND_AUTO: 'KIND_AUTO',
  KIND_GPU: 'KIND_GPU',
  KIND_CPU: 'KIND_CPU',
  /**
   * Where the engine itself decides to run it.
   */
  KIND_MODEL: 'KIND_MODEL',
} as const;

export type _inference_ModelInstanceGroup_KindInput =
  | 'KIND_AUTO'
  | 0
  | 'KIND_GPU'
  | 1
  | 'KIND_CPU'
  | 2
  /**
   * Where the engine itself decides to run it.
   */
  | 'KIND_MODEL'
  | 3

export type _inference_ModelInstanceGroup_Kind = typeof _inference_ModelInstanceGroup_Kind[keyof typeof _inference_ModelInstanceGroup_Kind]

/**
 * Copies of the model that work side by side.
 */
export interface ModelInstanceGroupInput {
  'name'?: (string);
  'count'?: (number);
  'kind'?: (_inference_ModelInstanceGroup_KindInput);
}

/**
 * Copies of the model that work side by side.
 */
export interface ModelInstanceGroup {
  'name': (string);
  'count': (number);
  'kind': (_inference_ModelInstanceGroup_Kind);
}
