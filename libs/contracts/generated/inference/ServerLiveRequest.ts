// Original file: proto/inference/v2/grpc_service.proto


export interface ServerLiveRequestInput {
}

export interface ServerLiveRequest {
}
