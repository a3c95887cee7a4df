// Original file: proto/inference/v2/grpc_service.proto


export interface ServerReadyResponseInput {
  'ready'?: (boolean);
}

export interface ServerReadyResponse {
  'ready': (boolean);
}
