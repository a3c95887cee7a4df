import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AnnotateRequestInput as _sulcus_v1_AnnotateRequestInput, AnnotateRequest as _sulcus_v1_AnnotateRequest } from './sulcus/v1/AnnotateRequest.js';
import type { AnnotateResponseInput as _sulcus_v1_AnnotateResponseInput, AnnotateResponse as _sulcus_v1_AnnotateResponse } from './sulcus/v1/AnnotateResponse.js';
import type { AnnotationInput as _sulcus_v1_AnnotationInput, Annotation as _sulcus_v1_Annotation } from './sulcus/v1/Annotation.js';
import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from './sulcus/v1/BlobRef.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { CompleteStudyRequestInput as _sulcus_v1_CompleteStudyRequestInput, CompleteStudyRequest as _sulcus_v1_CompleteStudyRequest } from './sulcus/v1/CompleteStudyRequest.js';
import type { CompleteStudyResponseInput as _sulcus_v1_CompleteStudyResponseInput, CompleteStudyResponse as _sulcus_v1_CompleteStudyResponse } from './sulcus/v1/CompleteStudyResponse.js';
import type { DescribeRequestInput as _sulcus_v1_DescribeRequestInput, DescribeRequest as _sulcus_v1_DescribeRequest } from './sulcus/v1/DescribeRequest.js';
import type { DicomFactsInput as _sulcus_v1_DicomFactsInput, DicomFacts as _sulcus_v1_DicomFacts } from './sulcus/v1/DicomFacts.js';
import type { FindDurableRequestInput as _sulcus_v1_FindDurableRequestInput, FindDurableRequest as _sulcus_v1_FindDurableRequest } from './sulcus/v1/FindDurableRequest.js';
import type { FindDurableResponseInput as _sulcus_v1_FindDurableResponseInput, FindDurableResponse as _sulcus_v1_FindDurableResponse } from './sulcus/v1/FindDurableResponse.js';
import type { ForwardedScanInput as _sulcus_v1_ForwardedScanInput, ForwardedScan as _sulcus_v1_ForwardedScan } from './sulcus/v1/ForwardedScan.js';
import type { ImageAckInput as _sulcus_v1_ImageAckInput, ImageAck as _sulcus_v1_ImageAck } from './sulcus/v1/ImageAck.js';
import type { IngestClient as _sulcus_v1_IngestClient, IngestDefinition as _sulcus_v1_IngestDefinition } from './sulcus/v1/Ingest.js';
import type { IngestDescriptionInput as _sulcus_v1_IngestDescriptionInput, IngestDescription as _sulcus_v1_IngestDescription } from './sulcus/v1/IngestDescription.js';
import type { LabelEventInput as _sulcus_v1_LabelEventInput, LabelEvent as _sulcus_v1_LabelEvent } from './sulcus/v1/LabelEvent.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from './sulcus/v1/Payload.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
import type { ScanInput as _sulcus_v1_ScanInput, Scan as _sulcus_v1_Scan } from './sulcus/v1/Scan.js';
import type { UploadRequestInput as _sulcus_v1_UploadRequestInput, UploadRequest as _sulcus_v1_UploadRequest } from './sulcus/v1/UploadRequest.js';
import type { UploadSummaryInput as _sulcus_v1_UploadSummaryInput, UploadSummary as _sulcus_v1_UploadSummary } from './sulcus/v1/UploadSummary.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      AnnotateRequest: MessageTypeDefinition<_sulcus_v1_AnnotateRequestInput, _sulcus_v1_AnnotateRequest>
      AnnotateResponse: MessageTypeDefinition<_sulcus_v1_AnnotateResponseInput, _sulcus_v1_AnnotateResponse>
      Annotation: MessageTypeDefinition<_sulcus_v1_AnnotationInput, _sulcus_v1_Annotation>
      BlobRef: MessageTypeDefinition<_sulcus_v1_BlobRefInput, _sulcus_v1_BlobRef>
      ClassProbability: MessageTypeDefinition<_sulcus_v1_ClassProbabilityInput, _sulcus_v1_ClassProbability>
      CompleteStudyRequest: MessageTypeDefinition<_sulcus_v1_CompleteStudyRequestInput, _sulcus_v1_CompleteStudyRequest>
      CompleteStudyResponse: MessageTypeDefinition<_sulcus_v1_CompleteStudyResponseInput, _sulcus_v1_CompleteStudyResponse>
      DescribeRequest: MessageTypeDefinition<_sulcus_v1_DescribeRequestInput, _sulcus_v1_DescribeRequest>
      DicomFacts: MessageTypeDefinition<_sulcus_v1_DicomFactsInput, _sulcus_v1_DicomFacts>
      FindDurableRequest: MessageTypeDefinition<_sulcus_v1_FindDurableRequestInput, _sulcus_v1_FindDurableRequest>
      FindDurableResponse: MessageTypeDefinition<_sulcus_v1_FindDurableResponseInput, _sulcus_v1_FindDurableResponse>
      ForwardedScan: MessageTypeDefinition<_sulcus_v1_ForwardedScanInput, _sulcus_v1_ForwardedScan>
      ImageAck: MessageTypeDefinition<_sulcus_v1_ImageAckInput, _sulcus_v1_ImageAck>
      /**
       * Takes images in at a site. An image is acknowledged only when the broker has it on durable storage; the same image
       * may be sent again at any time and is answered DUPLICATE.
       */
      Ingest: SubtypeConstructor<typeof grpc.Client, _sulcus_v1_IngestClient> & { service: _sulcus_v1_IngestDefinition }
      IngestDescription: MessageTypeDefinition<_sulcus_v1_IngestDescriptionInput, _sulcus_v1_IngestDescription>
      LabelEvent: MessageTypeDefinition<_sulcus_v1_LabelEventInput, _sulcus_v1_LabelEvent>
      Payload: MessageTypeDefinition<_sulcus_v1_PayloadInput, _sulcus_v1_Payload>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      Scan: MessageTypeDefinition<_sulcus_v1_ScanInput, _sulcus_v1_Scan>
      Split: EnumTypeDefinition
      UploadRequest: MessageTypeDefinition<_sulcus_v1_UploadRequestInput, _sulcus_v1_UploadRequest>
      UploadSummary: MessageTypeDefinition<_sulcus_v1_UploadSummaryInput, _sulcus_v1_UploadSummary>
    }
  }
}

