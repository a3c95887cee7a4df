// Original file: proto/sulcus/v1/predictor.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PredictRequestInput as _sulcus_v1_PredictRequestInput, PredictRequest as _sulcus_v1_PredictRequest } from '../../sulcus/v1/PredictRequest.js';
import type { PredictResponseInput as _sulcus_v1_PredictResponseInput, PredictResponse as _sulcus_v1_PredictResponse } from '../../sulcus/v1/PredictResponse.js';
import type { PredictStreamResponseInput as _sulcus_v1_PredictStreamResponseInput, PredictStreamResponse as _sulcus_v1_PredictStreamResponse } from '../../sulcus/v1/PredictStreamResponse.js';

/**
 * Answers with the newest model version that has earned promotion.
 */
export interface PredictorClient extends grpc.Client {
  /**
   * Predicts one image. UNAVAILABLE until a model is warm; INVALID_ARGUMENT for bytes that are no readable image.
   */
  Predict(argument: _sulcus_v1_PredictRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  Predict(argument: _sulcus_v1_PredictRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  Predict(argument: _sulcus_v1_PredictRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  Predict(argument: _sulcus_v1_PredictRequestInput, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  /**
   * Predicts one image. UNAVAILABLE until a model is warm; INVALID_ARGUMENT for bytes that are no readable image.
   */
  predict(argument: _sulcus_v1_PredictRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  predict(argument: _sulcus_v1_PredictRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  predict(argument: _sulcus_v1_PredictRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  predict(argument: _sulcus_v1_PredictRequestInput, callback: grpc.requestCallback<_sulcus_v1_PredictResponse>): grpc.ClientUnaryCall;
  
  /**
   * Predicts a stream of images; answers keep the order of the requests. A bad image is answered in place and does
   * not end the stream.
   */
  PredictStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictStreamResponse>;
  PredictStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictStreamResponse>;
  /**
   * Predicts a stream of images; answers keep the order of the requests. A bad image is answered in place and does
   * not end the stream.
   */
  predictStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictStreamResponse>;
  predictStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictStreamResponse>;
  
}

/**
 * Answers with the newest model version that has earned promotion.
 */
export interface PredictorHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Predicts one image. UNAVAILABLE until a model is warm; INVALID_ARGUMENT for bytes that are no readable image.
   */
  Predict: grpc.handleUnaryCall<_sulcus_v1_PredictRequest, _sulcus_v1_PredictResponseInput>;
  
  /**
   * Predicts a stream of images; answers keep the order of the requests. A bad image is answered in place and does
   * not end the stream.
   */
  PredictStream: grpc.handleBidiStreamingCall<_sulcus_v1_PredictRequest, _sulcus_v1_PredictStreamResponseInput>;
  
}

export interface PredictorDefinition extends grpc.ServiceDefinition {
  Predict: MethodDefinition<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictResponseInput, _sulcus_v1_PredictRequest, _sulcus_v1_PredictResponse>
  PredictStream: MethodDefinition<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictStreamResponseInput, _sulcus_v1_PredictRequest, _sulcus_v1_PredictStreamResponse>
}
