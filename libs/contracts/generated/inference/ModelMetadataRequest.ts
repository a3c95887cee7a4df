// Original file: proto/inference/v2/grpc_service.proto


export interface ModelMetadataRequestInput {
  'name'?: (string);
  /**
   * A version, its number, or an alias; empty: the one in service.
   */
  'version'?: (string);
}

export interface ModelMetadataRequest {
  'name': (string);
  /**
   * A version, its number, or an alias; empty: the one in service.
   */
  'version': (string);
}
