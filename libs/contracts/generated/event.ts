import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { ArchiveProgressInput as _sulcus_v1_ArchiveProgressInput, ArchiveProgress as _sulcus_v1_ArchiveProgress } from './sulcus/v1/ArchiveProgress.js';
import type { BlobRefInput as _sulcus_v1_BlobRefInput, BlobRef as _sulcus_v1_BlobRef } from './sulcus/v1/BlobRef.js';
import type { CalibrationLostInput as _sulcus_v1_CalibrationLostInput, CalibrationLost as _sulcus_v1_CalibrationLost } from './sulcus/v1/CalibrationLost.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from './sulcus/v1/ClassProbability.js';
import type { ConstantAnswersNoticedInput as _sulcus_v1_ConstantAnswersNoticedInput, ConstantAnswersNoticed as _sulcus_v1_ConstantAnswersNoticed } from './sulcus/v1/ConstantAnswersNoticed.js';
import type { DeadLetterInput as _sulcus_v1_DeadLetterInput, DeadLetter as _sulcus_v1_DeadLetter } from './sulcus/v1/DeadLetter.js';
import type { DriftNoticedInput as _sulcus_v1_DriftNoticedInput, DriftNoticed as _sulcus_v1_DriftNoticed } from './sulcus/v1/DriftNoticed.js';
import type { EpochCompletedInput as _sulcus_v1_EpochCompletedInput, EpochCompleted as _sulcus_v1_EpochCompleted } from './sulcus/v1/EpochCompleted.js';
import type { IngestProgressInput as _sulcus_v1_IngestProgressInput, IngestProgress as _sulcus_v1_IngestProgress } from './sulcus/v1/IngestProgress.js';
import type { ModelSwappedInput as _sulcus_v1_ModelSwappedInput, ModelSwapped as _sulcus_v1_ModelSwapped } from './sulcus/v1/ModelSwapped.js';
import type { PayloadInput as _sulcus_v1_PayloadInput, Payload as _sulcus_v1_Payload } from './sulcus/v1/Payload.js';
import type { PipelineEventInput as _sulcus_v1_PipelineEventInput, PipelineEvent as _sulcus_v1_PipelineEvent } from './sulcus/v1/PipelineEvent.js';
import type { PredictErrorInput as _sulcus_v1_PredictErrorInput, PredictError as _sulcus_v1_PredictError } from './sulcus/v1/PredictError.js';
import type { PredictorProgressInput as _sulcus_v1_PredictorProgressInput, PredictorProgress as _sulcus_v1_PredictorProgress } from './sulcus/v1/PredictorProgress.js';
import type { PreprocessProgressInput as _sulcus_v1_PreprocessProgressInput, PreprocessProgress as _sulcus_v1_PreprocessProgress } from './sulcus/v1/PreprocessProgress.js';
import type { SamplesWaitingInput as _sulcus_v1_SamplesWaitingInput, SamplesWaiting as _sulcus_v1_SamplesWaiting } from './sulcus/v1/SamplesWaiting.js';
import type { ServiceStateInput as _sulcus_v1_ServiceStateInput, ServiceState as _sulcus_v1_ServiceState } from './sulcus/v1/ServiceState.js';
import type { ShadowConfusionInput as _sulcus_v1_ShadowConfusionInput, ShadowConfusion as _sulcus_v1_ShadowConfusion } from './sulcus/v1/ShadowConfusion.js';
import type { ShadowProgressInput as _sulcus_v1_ShadowProgressInput, ShadowProgress as _sulcus_v1_ShadowProgress } from './sulcus/v1/ShadowProgress.js';
import type { TrainingFinishedInput as _sulcus_v1_TrainingFinishedInput, TrainingFinished as _sulcus_v1_TrainingFinished } from './sulcus/v1/TrainingFinished.js';
import type { TrainingProgressInput as _sulcus_v1_TrainingProgressInput, TrainingProgress as _sulcus_v1_TrainingProgress } from './sulcus/v1/TrainingProgress.js';
import type { ValidationResultInput as _sulcus_v1_ValidationResultInput, ValidationResult as _sulcus_v1_ValidationResult } from './sulcus/v1/ValidationResult.js';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  sulcus: {
    v1: {
      ArchiveProgress: MessageTypeDefinition<_sulcus_v1_ArchiveProgressInput, _sulcus_v1_ArchiveProgress>
      BlobRef: MessageTypeDefinition<_sulcus_v1_BlobRefInput, _sulcus_v1_BlobRef>
      CalibrationLost: MessageTypeDefinition<_sulcus_v1_CalibrationLostInput, _sulcus_v1_CalibrationLost>
      ClassProbability: MessageTypeDefinition<_sulcus_v1_ClassProbabilityInput, _sulcus_v1_ClassProbability>
      ConstantAnswersNoticed: MessageTypeDefinition<_sulcus_v1_ConstantAnswersNoticedInput, _sulcus_v1_ConstantAnswersNoticed>
      DeadLetter: MessageTypeDefinition<_sulcus_v1_DeadLetterInput, _sulcus_v1_DeadLetter>
      DriftNoticed: MessageTypeDefinition<_sulcus_v1_DriftNoticedInput, _sulcus_v1_DriftNoticed>
      EpochCompleted: MessageTypeDefinition<_sulcus_v1_EpochCompletedInput, _sulcus_v1_EpochCompleted>
      IngestProgress: MessageTypeDefinition<_sulcus_v1_IngestProgressInput, _sulcus_v1_IngestProgress>
      ModelSwapped: MessageTypeDefinition<_sulcus_v1_ModelSwappedInput, _sulcus_v1_ModelSwapped>
      Payload: MessageTypeDefinition<_sulcus_v1_PayloadInput, _sulcus_v1_Payload>
      PipelineEvent: MessageTypeDefinition<_sulcus_v1_PipelineEventInput, _sulcus_v1_PipelineEvent>
      PredictError: MessageTypeDefinition<_sulcus_v1_PredictErrorInput, _sulcus_v1_PredictError>
      PredictorProgress: MessageTypeDefinition<_sulcus_v1_PredictorProgressInput, _sulcus_v1_PredictorProgress>
      PreprocessProgress: MessageTypeDefinition<_sulcus_v1_PreprocessProgressInput, _sulcus_v1_PreprocessProgress>
      SamplesWaiting: MessageTypeDefinition<_sulcus_v1_SamplesWaitingInput, _sulcus_v1_SamplesWaiting>
      ServiceState: MessageTypeDefinition<_sulcus_v1_ServiceStateInput, _sulcus_v1_ServiceState>
      ShadowConfusion: MessageTypeDefinition<_sulcus_v1_ShadowConfusionInput, _sulcus_v1_ShadowConfusion>
      ShadowProgress: MessageTypeDefinition<_sulcus_v1_ShadowProgressInput, _sulcus_v1_ShadowProgress>
      Split: EnumTypeDefinition
      TrainingFinished: MessageTypeDefinition<_sulcus_v1_TrainingFinishedInput, _sulcus_v1_TrainingFinished>
      TrainingProgress: MessageTypeDefinition<_sulcus_v1_TrainingProgressInput, _sulcus_v1_TrainingProgress>
      ValidationResult: MessageTypeDefinition<_sulcus_v1_ValidationResultInput, _sulcus_v1_ValidationResult>
    }
  }
}

