// Original file: proto/inference/v2/grpc_service.proto


export interface ServerMetadataResponseInput {
  'name'?: (string);
  'version'?: (string);
  /**
   * Names of the extensions that are served.
   */
  'extensions'?: (string)[];
}

export interface ServerMetadataResponse {
  'name': (string);
  'version': (string);
  /**
   * Names of the extensions that are served.
   */
  'extensions': (string)[];
}
