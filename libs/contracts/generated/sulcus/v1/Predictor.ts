// Original file: proto/sulcus/v1/predictor.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { PredictRequestInput as _sulcus_v1_PredictRequestInput, PredictRequest as _sulcus_v1_PredictRequest } from '../../sulcus/v1/PredictRequest.js';
import type { PredictResponseInput as _sulcus_v1_PredictResponseInput, PredictResponse as _sulcus_v1_PredictResponse } from '../../sulcus/v1/PredictResponse.js';
import type { PredictStoredStudyRequestInput as _sulcus_v1_PredictStoredStudyRequestInput, PredictStoredStudyRequest as _sulcus_v1_PredictStoredStudyRequest } from '../../sulcus/v1/PredictStoredStudyRequest.js';
import type { PredictStreamResponseInput as _sulcus_v1_PredictStreamResponseInput, PredictStreamResponse as _sulcus_v1_PredictStreamResponse } from '../../sulcus/v1/PredictStreamResponse.js';
import type { PredictStudyRequestInput as _sulcus_v1_PredictStudyRequestInput, PredictStudyRequest as _sulcus_v1_PredictStudyRequest } from '../../sulcus/v1/PredictStudyRequest.js';
import type { PredictStudyResponseInput as _sulcus_v1_PredictStudyResponseInput, PredictStudyResponse as _sulcus_v1_PredictStudyResponse } from '../../sulcus/v1/PredictStudyResponse.js';

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
   * Predicts a study from the slices that were ingested. NOT_FOUND when no scan is of the study.
   */
  PredictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  PredictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  PredictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  PredictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  /**
   * Predicts a study from the slices that were ingested. NOT_FOUND when no scan is of the study.
   */
  predictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  predictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  predictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  predictStoredStudy(argument: _sulcus_v1_PredictStoredStudyRequestInput, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientUnaryCall;
  
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
  
  /**
   * Predicts a study from the slices sent, all with one model version. A slice that cannot be used is listed with its
   * error; INVALID_ARGUMENT when none can, or for more slices or bytes than the predictor takes.
   */
  PredictStudy(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  PredictStudy(metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  PredictStudy(options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  PredictStudy(callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  /**
   * Predicts a study from the slices sent, all with one model version. A slice that cannot be used is listed with its
   * error; INVALID_ARGUMENT when none can, or for more slices or bytes than the predictor takes.
   */
  predictStudy(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  predictStudy(metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  predictStudy(options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  predictStudy(callback: grpc.requestCallback<_sulcus_v1_PredictStudyResponse>): grpc.ClientWritableStream<_sulcus_v1_PredictStudyRequestInput>;
  
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
   * Predicts a study from the slices that were ingested. NOT_FOUND when no scan is of the study.
   */
  PredictStoredStudy: grpc.handleUnaryCall<_sulcus_v1_PredictStoredStudyRequest, _sulcus_v1_PredictStudyResponseInput>;
  
  /**
   * Predicts a stream of images; answers keep the order of the requests. A bad image is answered in place and does
   * not end the stream.
   */
  PredictStream: grpc.handleBidiStreamingCall<_sulcus_v1_PredictRequest, _sulcus_v1_PredictStreamResponseInput>;
  
  /**
   * Predicts a study from the slices sent, all with one model version. A slice that cannot be used is listed with its
   * error; INVALID_ARGUMENT when none can, or for more slices or bytes than the predictor takes.
   */
  PredictStudy: grpc.handleClientStreamingCall<_sulcus_v1_PredictStudyRequest, _sulcus_v1_PredictStudyResponseInput>;
  
}

export interface PredictorDefinition extends grpc.ServiceDefinition {
  Predict: MethodDefinition<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictResponseInput, _sulcus_v1_PredictRequest, _sulcus_v1_PredictResponse>
  PredictStoredStudy: MethodDefinition<_sulcus_v1_PredictStoredStudyRequestInput, _sulcus_v1_PredictStudyResponseInput, _sulcus_v1_PredictStoredStudyRequest, _sulcus_v1_PredictStudyResponse>
  PredictStream: MethodDefinition<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictStreamResponseInput, _sulcus_v1_PredictRequest, _sulcus_v1_PredictStreamResponse>
  PredictStudy: MethodDefinition<_sulcus_v1_PredictStudyRequestInput, _sulcus_v1_PredictStudyResponseInput, _sulcus_v1_PredictStudyRequest, _sulcus_v1_PredictStudyResponse>
}
