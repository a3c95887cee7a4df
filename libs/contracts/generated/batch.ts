import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { BatchRequestInput as _sulcus_v1_BatchRequestInput, BatchRequest as _sulcus_v1_BatchRequest } from './sulcus/v1/BatchRequest.js';
import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from './sulcus/v1/BlobRef.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { DroppedSampleInput as _sulcus_v1_DroppedSampleInput, DroppedSample as _sulcus_v1_DroppedSample } from './sulcus/v1/DroppedSample.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from './sulcus/v1/Payload.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
import type { SampleRefInput as _sulcus_v1_SampleRefInput, SampleRef as _sulcus_v1_SampleRef } from './sulcus/v1/SampleRef.js';
import type { TensorBatchInput as _sulcus_v1_TensorBatchInput, TensorBatch as _sulcus_v1_TensorBatch } from './sulcus/v1/TensorBatch.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      BatchRequest: MessageTypeDefinition<_sulcus_v1_BatchRequestInput, _sulcus_v1_BatchRequest>
      BlobRef: MessageTypeDefinition<_sulcus_v1_BlobRefInput, _sulcus_v1_BlobRef>
      ClassProbability: MessageTypeDefinition<_sulcus_v1_ClassProbabilityInput, _sulcus_v1_ClassProbability>
      DroppedSample: MessageTypeDefinition<_sulcus_v1_DroppedSampleInput, _sulcus_v1_DroppedSample>
      Payload: MessageTypeDefinition<_sulcus_v1_PayloadInput, _sulcus_v1_Payload>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      SampleRef: MessageTypeDefinition<_sulcus_v1_SampleRefInput, _sulcus_v1_SampleRef>
      Split: EnumTypeDefinition
      TensorBatch: MessageTypeDefinition<_sulcus_v1_TensorBatchInput, _sulcus_v1_TensorBatch>
    }
  }
}

