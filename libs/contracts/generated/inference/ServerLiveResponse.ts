// Original file: proto/inference/v2/grpc_service.proto


export interface ServerLiveResponseInput {
  'live'?: (boolean);
}

export interface ServerLiveResponse {
  'live': (boolean);
}
