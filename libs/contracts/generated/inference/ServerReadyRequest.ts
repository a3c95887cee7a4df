// Original file: proto/inference/v2/grpc_service.proto


export interface ServerReadyRequestInput {
}

export interface ServerReadyRequest {
}
