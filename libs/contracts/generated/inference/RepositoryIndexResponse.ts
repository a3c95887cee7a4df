// Original file: proto/inference/v2/grpc_service.proto


export interface _inference_RepositoryIndexResponse_ModelIndexInput {
  'name'?: (string);
  'version'?: (string);
  /**
   * READY, LOADING or UNAVAILABLE.
   */
  'state'?: (string);
  /**
   * Why it is not READY.
   */
  'reason'?: (string);
}

export interface _inference_RepositoryIndexResponse_ModelIndex {
  'name': (string);
  'version': (string);
  /**
   * READY, LOADING or UNAVAILABLE.
   */
  'state': (string);
  /**
   * Why it is not READY.
   */
  'reason': (string);
}

export interface RepositoryIndexResponseInput {
  'models'?: (_inference_RepositoryIndexResponse_ModelIndexInput)[];
}

export interface RepositoryIndexResponse {
  'models': (_inference_RepositoryIndexResponse_ModelIndex)[];
}
