import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from './sulcus/v1/BlobRef.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { ComputationInput as _sulcus_v1_ComputationInput, Computation as _sulcus_v1_Computation } from './sulcus/v1/Computation.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from './sulcus/v1/Payload.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
import type { PredictionRecordInput as _sulcus_v1_PredictionRecordInput, PredictionRecord as _sulcus_v1_PredictionRecord } from './sulcus/v1/PredictionRecord.js';
import type { PredictionTimesInput as _sulcus_v1_PredictionTimesInput, PredictionTimes as _sulcus_v1_PredictionTimes } from './sulcus/v1/PredictionTimes.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      BlobRef: MessageTypeDefinition<_sulcus_v1_BlobRefInput, _sulcus_v1_BlobRef>
      ClassProbability: MessageTypeDefinition<_sulcus_v1_ClassProbabilityInput, _sulcus_v1_ClassProbability>
      Computation: MessageTypeDefinition<_sulcus_v1_ComputationInput, _sulcus_v1_Computation>
      Payload: MessageTypeDefinition<_sulcus_v1_PayloadInput, _sulcus_v1_Payload>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      PredictionRecord: MessageTypeDefinition<_sulcus_v1_PredictionRecordInput, _sulcus_v1_PredictionRecord>
      PredictionTimes: MessageTypeDefinition<_sulcus_v1_PredictionTimesInput, _sulcus_v1_PredictionTimes>
      Split: EnumTypeDefinition
    }
  }
}

