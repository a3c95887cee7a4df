// Original file: proto/inference/v2/grpc_service.proto


export interface ModelReadyResponseInput {
  'ready'?: (boolean);
}

export interface ModelReadyResponse {
  'ready': (boolean);
}
