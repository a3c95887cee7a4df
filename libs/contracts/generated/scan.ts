import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from './sulcus/v1/BlobRef.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { DicomFactsInput as _sulcus_v1_DicomFactsInput, DicomFacts as _sulcus_v1_DicomFacts } from './sulcus/v1/DicomFacts.js';
import type { LabelEventInput as _sulcus_v1_LabelEventInput, LabelEvent as _sulcus_v1_LabelEvent } from './sulcus/v1/LabelEvent.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from './sulcus/v1/Payload.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
import type { ScanInput as _sulcus_v1_ScanInput, Scan as _sulcus_v1_Scan } from './sulcus/v1/Scan.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      BlobRef: MessageTypeDefinition<_sulcus_v1_BlobRefInput, _sulcus_v1_BlobRef>
      ClassProbability: MessageTypeDefinition<_sulcus_v1_ClassProbabilityInput, _sulcus_v1_ClassProbability>
      DicomFacts: MessageTypeDefinition<_sulcus_v1_DicomFactsInput, _sulcus_v1_DicomFacts>
      LabelEvent: MessageTypeDefinition<_sulcus_v1_LabelEventInput, _sulcus_v1_LabelEvent>
      Payload: MessageTypeDefinition<_sulcus_v1_PayloadInput, _sulcus_v1_Payload>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      Scan: MessageTypeDefinition<_sulcus_v1_ScanInput, _sulcus_v1_Scan>
      Split: EnumTypeDefinition
    }
  }
}

