// Original file: proto/inference/v2/grpc_service.proto


export interface ModelReadyRequestInput {
  'name'?: (string);
  /**
   * A version, its number, or an alias; empty: the one in service.
   */
  'version'?: (string);
}

export interface ModelReadyRequest {
  'name': (string);
  /**
   * A version, its number, or an alias; empty: the one in service.
   */
  'version': (string);
}
