import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { AnnotateRequestInput as _sulcus_v1_AnnotateRequestInput, AnnotateRequest as _sulcus_v1_AnnotateRequest } from './sulcus/v1/AnnotateRequest.js';
import type { AnnotateResponseInput as _sulcus_v1_AnnotateResponseInput, AnnotateResponse as _sulcus_v1_AnnotateResponse } from './sulcus/v1/AnnotateResponse.js';
import type { AnnotationInput as _sulcus_v1_AnnotationInput, Annotation as _sulcus_v1_Annotation } from './sulcus/v1/Annotation.js';
import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from './sulcus/v1/BlobRef.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { ImageAckInput as _sulcus_v1_ImageAckInput, ImageAck as _sulcus_v1_ImageAck } from './sulcus/v1/ImageAck.js';
import type { IngestClient as _sulcus_v1_IngestClient, IngestDefinition as _sulcus_v1_IngestDefinition } from './sulcus/v1/Ingest.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from './sulcus/v1/Payload.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
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
      ImageAck: MessageTypeDefinition<_sulcus_v1_ImageAckInput, _sulcus_v1_ImageAck>
      /**
       * Takes images in at a site. An image is acknowledged only when the broker has it on durable storage; the same image
       * may be sent again at any time and is answered DUPLICATE.
       */
      Ingest: SubtypeConstructor<typeof grpc.Client, _sulcus_v1_IngestClient> & { service: _sulcus_v1_IngestDefinition }
      Payload: MessageTypeDefinition<_sulcus_v1_PayloadInput, _sulcus_v1_Payload>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      Split: EnumTypeDefinition
      UploadRequest: MessageTypeDefinition<_sulcus_v1_UploadRequestInput, _sulcus_v1_UploadRequest>
      UploadSummary: MessageTypeDefinition<_sulcus_v1_UploadSummaryInput, _sulcus_v1_UploadSummary>
    }
  }
}

