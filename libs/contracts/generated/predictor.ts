import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
import type { PredictRequestInput as _sulcus_v1_PredictRequestInput, PredictRequest as _sulcus_v1_PredictRequest } from './sulcus/v1/PredictRequest.js';
import type { PredictResponseInput as _sulcus_v1_PredictResponseInput, PredictResponse as _sulcus_v1_PredictResponse } from './sulcus/v1/PredictResponse.js';
import type { PredictStreamResponseInput as _sulcus_v1_PredictStreamResponseInput, PredictStreamResponse as _sulcus_v1_PredictStreamResponse } from './sulcus/v1/PredictStreamResponse.js';
import type { PredictorClient as _sulcus_v1_PredictorClient, PredictorDefinition as _sulcus_v1_PredictorDefinition } from './sulcus/v1/Predictor.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      ClassProbability: MessageTypeDefinition<_sulcus_v1_ClassProbabilityInput, _sulcus_v1_ClassProbability>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      PredictRequest: MessageTypeDefinition<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictRequest>
      PredictResponse: MessageTypeDefinition<_sulcus_v1_PredictResponseInput, _sulcus_v1_PredictResponse>
      PredictStreamResponse: MessageTypeDefinition<_sulcus_v1_PredictStreamResponseInput, _sulcus_v1_PredictStreamResponse>
      /**
       * Answers with the newest model version that has earned promotion.
       */
      Predictor: SubtypeConstructor<typeof grpc.Client, _sulcus_v1_PredictorClient> & { service: _sulcus_v1_PredictorDefinition }
    }
  }
}

