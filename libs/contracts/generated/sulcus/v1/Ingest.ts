// Original file: proto/sulcus/v1/ingest.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AnnotateRequestInput as _sulcus_v1_AnnotateRequestInput, AnnotateRequest as _sulcus_v1_AnnotateRequest } from '../../sulcus/v1/AnnotateRequest.js';
import type { AnnotateResponseInput as _sulcus_v1_AnnotateResponseInput, AnnotateResponse as _sulcus_v1_AnnotateResponse } from '../../sulcus/v1/AnnotateResponse.js';
import type { CompleteStudyRequestInput as _sulcus_v1_CompleteStudyRequestInput, CompleteStudyRequest as _sulcus_v1_CompleteStudyRequest } from '../../sulcus/v1/CompleteStudyRequest.js';
import type { CompleteStudyResponseInput as _sulcus_v1_CompleteStudyResponseInput, CompleteStudyResponse as _sulcus_v1_CompleteStudyResponse } from '../../sulcus/v1/CompleteStudyResponse.js';
import type { DescribeRequestInput as _sulcus_v1_DescribeRequestInput, DescribeRequest as _sulcus_v1_DescribeRequest } from '../../sulcus/v1/DescribeRequest.js';
import type { FindDurableRequestInput as _sulcus_v1_FindDurableRequestInput, FindDurableRequest as _sulcus_v1_FindDurableRequest } from '../../sulcus/v1/FindDurableRequest.js';
import type { FindDurableResponseInput as _sulcus_v1_FindDurableResponseInput, FindDurableResponse as _sulcus_v1_FindDurableResponse } from '../../sulcus/v1/FindDurableResponse.js';
import type { ForwardedScanInput as _sulcus_v1_ForwardedScanInput, ForwardedScan as _sulcus_v1_ForwardedScan } from '../../sulcus/v1/ForwardedScan.js';
import type { ImageAckInput as _sulcus_v1_ImageAckInput, ImageAck as _sulcus_v1_ImageAck } from '../../sulcus/v1/ImageAck.js';
import type { IngestDescriptionInput as _sulcus_v1_IngestDescriptionInput, IngestDescription as _sulcus_v1_IngestDescription } from '../../sulcus/v1/IngestDescription.js';
import type { UploadRequestInput as _sulcus_v1_UploadRequestInput, UploadRequest as _sulcus_v1_UploadRequest } from '../../sulcus/v1/UploadRequest.js';
import type { UploadSummaryInput as _sulcus_v1_UploadSummaryInput, UploadSummary as _sulcus_v1_UploadSummary } from '../../sulcus/v1/UploadSummary.js';

/**
 * Takes images in at a site. An image is acknowledged only when the broker has it on durable storage; the same image
 * may be sent again at any time and is answered DUPLICATE.
 */
export interface IngestClient extends grpc.Client {
  /**
   * Gives labels to samples or studies that were sent before. Rejects unknown targets.
   */
  Annotate(argument: _sulcus_v1_AnnotateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  Annotate(argument: _sulcus_v1_AnnotateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  Annotate(argument: _sulcus_v1_AnnotateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  Annotate(argument: _sulcus_v1_AnnotateRequestInput, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  /**
   * Gives labels to samples or studies that were sent before. Rejects unknown targets.
   */
  annotate(argument: _sulcus_v1_AnnotateRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  annotate(argument: _sulcus_v1_AnnotateRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  annotate(argument: _sulcus_v1_AnnotateRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  annotate(argument: _sulcus_v1_AnnotateRequestInput, callback: grpc.requestCallback<_sulcus_v1_AnnotateResponse>): grpc.ClientUnaryCall;
  
  /**
   * For edges: everything of a study of their site has come in there. Kept when it is answered; before or after its
   * samples, and again.
   */
  CompleteStudy(argument: _sulcus_v1_CompleteStudyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  CompleteStudy(argument: _sulcus_v1_CompleteStudyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  CompleteStudy(argument: _sulcus_v1_CompleteStudyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  CompleteStudy(argument: _sulcus_v1_CompleteStudyRequestInput, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  /**
   * For edges: everything of a study of their site has come in there. Kept when it is answered; before or after its
   * samples, and again.
   */
  completeStudy(argument: _sulcus_v1_CompleteStudyRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  completeStudy(argument: _sulcus_v1_CompleteStudyRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  completeStudy(argument: _sulcus_v1_CompleteStudyRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  completeStudy(argument: _sulcus_v1_CompleteStudyRequestInput, callback: grpc.requestCallback<_sulcus_v1_CompleteStudyResponse>): grpc.ClientUnaryCall;
  
  /**
   * What an edge asks before it trusts a link: what this ingest is, and what its clock says.
   */
  Describe(argument: _sulcus_v1_DescribeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  Describe(argument: _sulcus_v1_DescribeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  Describe(argument: _sulcus_v1_DescribeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  Describe(argument: _sulcus_v1_DescribeRequestInput, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  /**
   * What an edge asks before it trusts a link: what this ingest is, and what its clock says.
   */
  describe(argument: _sulcus_v1_DescribeRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  describe(argument: _sulcus_v1_DescribeRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  describe(argument: _sulcus_v1_DescribeRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  describe(argument: _sulcus_v1_DescribeRequestInput, callback: grpc.requestCallback<_sulcus_v1_IngestDescription>): grpc.ClientUnaryCall;
  
  /**
   * For edges: which samples of their site are on durable storage here, on SCANS or in the archive.
   */
  FindDurable(argument: _sulcus_v1_FindDurableRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  FindDurable(argument: _sulcus_v1_FindDurableRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  FindDurable(argument: _sulcus_v1_FindDurableRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  FindDurable(argument: _sulcus_v1_FindDurableRequestInput, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  /**
   * For edges: which samples of their site are on durable storage here, on SCANS or in the archive.
   */
  findDurable(argument: _sulcus_v1_FindDurableRequestInput, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  findDurable(argument: _sulcus_v1_FindDurableRequestInput, metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  findDurable(argument: _sulcus_v1_FindDurableRequestInput, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  findDurable(argument: _sulcus_v1_FindDurableRequestInput, callback: grpc.requestCallback<_sulcus_v1_FindDurableResponse>): grpc.ClientUnaryCall;
  
  /**
   * Bidirectional, for edges: samples that were validated, de-identified and pseudonymised at their site. One
   * acknowledgement per sample, in the order of arrival, its name the sample's id. A peer of a site sends for its site.
   */
  ForwardScans(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_ForwardedScanInput, _sulcus_v1_ImageAck>;
  ForwardScans(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_ForwardedScanInput, _sulcus_v1_ImageAck>;
  /**
   * Bidirectional, for edges: samples that were validated, de-identified and pseudonymised at their site. One
   * acknowledgement per sample, in the order of arrival, its name the sample's id. A peer of a site sends for its site.
   */
  forwardScans(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_ForwardedScanInput, _sulcus_v1_ImageAck>;
  forwardScans(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_ForwardedScanInput, _sulcus_v1_ImageAck>;
  
  /**
   * Client streaming: any number of images, one summary at the end. Rejected images do not end the stream.
   */
  UploadImages(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  UploadImages(metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  UploadImages(options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  UploadImages(callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  /**
   * Client streaming: any number of images, one summary at the end. Rejected images do not end the stream.
   */
  uploadImages(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  uploadImages(metadata: grpc.Metadata, callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  uploadImages(options: grpc.CallOptions, callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  uploadImages(callback: grpc.requestCallback<_sulcus_v1_UploadSummary>): grpc.ClientWritableStream<_sulcus_v1_UploadRequestInput>;
  
  /**
   * Bidirectional: one acknowledgement per image, in the order of arrival, while the upload goes on.
   */
  UploadImagesAcked(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_UploadRequestInput, _sulcus_v1_ImageAck>;
  UploadImagesAcked(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_UploadRequestInput, _sulcus_v1_ImageAck>;
  /**
   * Bidirectional: one acknowledgement per image, in the order of arrival, while the upload goes on.
   */
  uploadImagesAcked(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_UploadRequestInput, _sulcus_v1_ImageAck>;
  uploadImagesAcked(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sulcus_v1_UploadRequestInput, _sulcus_v1_ImageAck>;
  
}

/**
 * Takes images in at a site. An image is acknowledged only when the broker has it on durable storage; the same image
 * may be sent again at any time and is answered DUPLICATE.
 */
export interface IngestHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Gives labels to samples or studies that were sent before. Rejects unknown targets.
   */
  Annotate: grpc.handleUnaryCall<_sulcus_v1_AnnotateRequest, _sulcus_v1_AnnotateResponseInput>;
  
  /**
   * For edges: everything of a study of their site has come in there. Kept when it is answered; before or after its
   * samples, and again.
   */
  CompleteStudy: grpc.handleUnaryCall<_sulcus_v1_CompleteStudyRequest, _sulcus_v1_CompleteStudyResponseInput>;
  
  /**
   * What an edge asks before it trusts a link: what this ingest is, and what its clock says.
   */
  Describe: grpc.handleUnaryCall<_sulcus_v1_DescribeRequest, _sulcus_v1_IngestDescriptionInput>;
  
  /**
   * For edges: which samples of their site are on durable storage here, on SCANS or in the archive.
   */
  FindDurable: grpc.handleUnaryCall<_sulcus_v1_FindDurableRequest, _sulcus_v1_FindDurableResponseInput>;
  
  /**
   * Bidirectional, for edges: samples that were validated, de-identified and pseudonymised at their site. One
   * acknowledgement per sample, in the order of arrival, its name the sample's id. A peer of a site sends for its site.
   */
  ForwardScans: grpc.handleBidiStreamingCall<_sulcus_v1_ForwardedScan, _sulcus_v1_ImageAckInput>;
  
  /**
   * Client streaming: any number of images, one summary at the end. Rejected images do not end the stream.
   */
  UploadImages: grpc.handleClientStreamingCall<_sulcus_v1_UploadRequest, _sulcus_v1_UploadSummaryInput>;
  
  /**
   * Bidirectional: one acknowledgement per image, in the order of arrival, while the upload goes on.
   */
  UploadImagesAcked: grpc.handleBidiStreamingCall<_sulcus_v1_UploadRequest, _sulcus_v1_ImageAckInput>;
  
}

export interface IngestDefinition extends grpc.ServiceDefinition {
  Annotate: MethodDefinition<_sulcus_v1_AnnotateRequestInput, _sulcus_v1_AnnotateResponseInput, _sulcus_v1_AnnotateRequest, _sulcus_v1_AnnotateResponse>
  CompleteStudy: MethodDefinition<_sulcus_v1_CompleteStudyRequestInput, _sulcus_v1_CompleteStudyResponseInput, _sulcus_v1_CompleteStudyRequest, _sulcus_v1_CompleteStudyResponse>
  Describe: MethodDefinition<_sulcus_v1_DescribeRequestInput, _sulcus_v1_IngestDescriptionInput, _sulcus_v1_DescribeRequest, _sulcus_v1_IngestDescription>
  FindDurable: MethodDefinition<_sulcus_v1_FindDurableRequestInput, _sulcus_v1_FindDurableResponseInput, _sulcus_v1_FindDurableRequest, _sulcus_v1_FindDurableResponse>
  ForwardScans: MethodDefinition<_sulcus_v1_ForwardedScanInput, _sulcus_v1_ImageAckInput, _sulcus_v1_ForwardedScan, _sulcus_v1_ImageAck>
  UploadImages: MethodDefinition<_sulcus_v1_UploadRequestInput, _sulcus_v1_UploadSummaryInput, _sulcus_v1_UploadRequest, _sulcus_v1_UploadSummary>
  UploadImagesAcked: MethodDefinition<_sulcus_v1_UploadRequestInput, _sulcus_v1_ImageAckInput, _sulcus_v1_UploadRequest, _sulcus_v1_ImageAck>
}
