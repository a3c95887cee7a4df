import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from './sulcus/v1/BlobRef.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { ExplanationInput as _sulcus_v1_ExplanationInput, Explanation as _sulcus_v1_Explanation } from './sulcus/v1/Explanation.js';
import type { ExplanationRequestInput as _sulcus_v1_ExplanationRequestInput, ExplanationRequest as _sulcus_v1_ExplanationRequest } from './sulcus/v1/ExplanationRequest.js';
import type { FindingProbabilityInput as _sulcus_v1_FindingProbabilityInput, FindingProbability as _sulcus_v1_FindingProbability } from './sulcus/v1/FindingProbability.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from './sulcus/v1/Payload.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
import type { PredictRequestInput as _sulcus_v1_PredictRequestInput, PredictRequest as _sulcus_v1_PredictRequest } from './sulcus/v1/PredictRequest.js';
import type { PredictResponseInput as _sulcus_v1_PredictResponseInput, PredictResponse as _sulcus_v1_PredictResponse } from './sulcus/v1/PredictResponse.js';
import type { PredictStoredStudyRequestInput as _sulcus_v1_PredictStoredStudyRequestInput, PredictStoredStudyRequest as _sulcus_v1_PredictStoredStudyRequest } from './sulcus/v1/PredictStoredStudyRequest.js';
import type { PredictStreamResponseInput as _sulcus_v1_PredictStreamResponseInput, PredictStreamResponse as _sulcus_v1_PredictStreamResponse } from './sulcus/v1/PredictStreamResponse.js';
import type { PredictStudyRequestInput as _sulcus_v1_PredictStudyRequestInput, PredictStudyRequest as _sulcus_v1_PredictStudyRequest } from './sulcus/v1/PredictStudyRequest.js';
import type { PredictStudyResponseInput as _sulcus_v1_PredictStudyResponseInput, PredictStudyResponse as _sulcus_v1_PredictStudyResponse } from './sulcus/v1/PredictStudyResponse.js';
import type { PredictorClient as _sulcus_v1_PredictorClient, PredictorDefinition as _sulcus_v1_PredictorDefinition } from './sulcus/v1/Predictor.js';
import type { SlicePredictionInput as _sulcus_v1_SlicePredictionInput, SlicePrediction as _sulcus_v1_SlicePrediction } from './sulcus/v1/SlicePrediction.js';
import type { StudyAbstentionInput as _sulcus_v1_StudyAbstentionInput, StudyAbstention as _sulcus_v1_StudyAbstention } from './sulcus/v1/StudyAbstention.js';
import type { StudyHeaderInput as _sulcus_v1_StudyHeaderInput, StudyHeader as _sulcus_v1_StudyHeader } from './sulcus/v1/StudyHeader.js';
import type { StudyOptionsInput as _sulcus_v1_StudyOptionsInput, StudyOptions as _sulcus_v1_StudyOptions } from './sulcus/v1/StudyOptions.js';
import type { StudyPredictionInput as _sulcus_v1_StudyPredictionInput, StudyPrediction as _sulcus_v1_StudyPrediction } from './sulcus/v1/StudyPrediction.js';
import type { StudySliceInput as _sulcus_v1_StudySliceInput, StudySlice as _sulcus_v1_StudySlice } from './sulcus/v1/StudySlice.js';
import type { StudyUncertaintyInput as _sulcus_v1_StudyUncertaintyInput, StudyUncertainty as _sulcus_v1_StudyUncertainty } from './sulcus/v1/StudyUncertainty.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      BlobRef: MessageTypeDefinition<_sulcus_v1_BlobRefInput, _sulcus_v1_BlobRef>
      ClassProbability: MessageTypeDefinition<_sulcus_v1_ClassProbabilityInput, _sulcus_v1_ClassProbability>
      Explanation: MessageTypeDefinition<_sulcus_v1_ExplanationInput, _sulcus_v1_Explanation>
      ExplanationForm: EnumTypeDefinition
      ExplanationRequest: MessageTypeDefinition<_sulcus_v1_ExplanationRequestInput, _sulcus_v1_ExplanationRequest>
      FindingProbability: MessageTypeDefinition<_sulcus_v1_FindingProbabilityInput, _sulcus_v1_FindingProbability>
      Payload: MessageTypeDefinition<_sulcus_v1_PayloadInput, _sulcus_v1_Payload>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      PredictRequest: MessageTypeDefinition<_sulcus_v1_PredictRequestInput, _sulcus_v1_PredictRequest>
      PredictResponse: MessageTypeDefinition<_sulcus_v1_PredictResponseInput, _sulcus_v1_PredictResponse>
      PredictStoredStudyRequest: MessageTypeDefinition<_sulcus_v1_PredictStoredStudyRequestInput, _sulcus_v1_PredictStoredStudyRequest>
      PredictStreamResponse: MessageTypeDefinition<_sulcus_v1_PredictStreamResponseInput, _sulcus_v1_PredictStreamResponse>
      PredictStudyRequest: MessageTypeDefinition<_sulcus_v1_PredictStudyRequestInput, _sulcus_v1_PredictStudyRequest>
      PredictStudyResponse: MessageTypeDefinition<_sulcus_v1_PredictStudyResponseInput, _sulcus_v1_PredictStudyResponse>
      /**
       * Answers with the newest model version that has earned promotion.
       */
      Predictor: SubtypeConstructor<typeof grpc.Client, _sulcus_v1_PredictorClient> & { service: _sulcus_v1_PredictorDefinition }
      SlicePrediction: MessageTypeDefinition<_sulcus_v1_SlicePredictionInput, _sulcus_v1_SlicePrediction>
      Split: EnumTypeDefinition
      StudyAbstention: MessageTypeDefinition<_sulcus_v1_StudyAbstentionInput, _sulcus_v1_StudyAbstention>
      StudyAggregation: EnumTypeDefinition
      StudyDecision: EnumTypeDefinition
      StudyHeader: MessageTypeDefinition<_sulcus_v1_StudyHeaderInput, _sulcus_v1_StudyHeader>
      StudyOptions: MessageTypeDefinition<_sulcus_v1_StudyOptionsInput, _sulcus_v1_StudyOptions>
      StudyPrediction: MessageTypeDefinition<_sulcus_v1_StudyPredictionInput, _sulcus_v1_StudyPrediction>
      StudySlice: MessageTypeDefinition<_sulcus_v1_StudySliceInput, _sulcus_v1_StudySlice>
      StudyUncertainty: MessageTypeDefinition<_sulcus_v1_StudyUncertaintyInput, _sulcus_v1_StudyUncertainty>
    }
  }
}

