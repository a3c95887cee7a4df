/**
 * The messages and services of `proto/`, loaded once: codecs for the bus, service definitions for gRPC and the
 * generated types of both. Imports libs/errors and @grpc/proto-loader.
 *
 *     const bytes = codecs.LabelEvent.encode({ sampleId, label: 'glioma' });
 *     const { label } = codecs.LabelEvent.decode(bytes);
 *
 * A changed proto changes the types with `npm run generate`.
 */
export { codecs, type Codec, type MessageName } from './codecs.js';
export { rememberBytes, rememberedBytes } from './encoded.js';
export {
  PROTO_FOLDER,
  PROTO_FILES,
  PROTO_LOADER_OPTIONS,
  describedDefinition,
  packageDefinition,
} from './definitions.js';

export { Split } from './generated/sulcus/v1/Split.js';
export { splitName } from './split-name.js';
export type { BlobRef } from './generated/sulcus/v1/BlobRef.js';
export type { Payload, PayloadInput } from './generated/sulcus/v1/Payload.js';
export type { DicomFacts, DicomFactsInput } from './generated/sulcus/v1/DicomFacts.js';
export type { Scan, ScanInput } from './generated/sulcus/v1/Scan.js';
export type { ArchivedSample, ArchivedSampleInput } from './generated/sulcus/v1/ArchivedSample.js';
export type { ArchiveEntry, ArchiveEntryInput } from './generated/sulcus/v1/ArchiveEntry.js';
export type { LabelEvent, LabelEventInput } from './generated/sulcus/v1/LabelEvent.js';
export type { BatchRequest, BatchRequestInput } from './generated/sulcus/v1/BatchRequest.js';
export type { SampleRef, SampleRefInput } from './generated/sulcus/v1/SampleRef.js';
export type { TensorBatch, TensorBatchInput } from './generated/sulcus/v1/TensorBatch.js';
export type { DroppedSample, DroppedSampleInput } from './generated/sulcus/v1/DroppedSample.js';
export type { Decision, DecisionInput } from './generated/sulcus/v1/Decision.js';
export type { LineageSegment, LineageSegmentInput } from './generated/sulcus/v1/LineageSegment.js';
export type { LearnedAs } from './generated/sulcus/v1/LearnedAs.js';
export type { ModelEvent, ModelEventInput } from './generated/sulcus/v1/ModelEvent.js';
export type { PipelineEvent, PipelineEventInput } from './generated/sulcus/v1/PipelineEvent.js';

// ---- bodies of a PipelineEvent
export type { SamplesWaiting, SamplesWaitingInput } from './generated/sulcus/v1/SamplesWaiting.js';
export type { ServiceState, ServiceStateInput } from './generated/sulcus/v1/ServiceState.js';
export type { IngestProgress, IngestProgressInput } from './generated/sulcus/v1/IngestProgress.js';
export type { PreprocessProgress, PreprocessProgressInput } from './generated/sulcus/v1/PreprocessProgress.js';
export type { TrainingProgress, TrainingProgressInput } from './generated/sulcus/v1/TrainingProgress.js';
export type { ValidationResult, ValidationResultInput } from './generated/sulcus/v1/ValidationResult.js';
export type { EpochCompleted, EpochCompletedInput } from './generated/sulcus/v1/EpochCompleted.js';
export type { PredictorProgress, PredictorProgressInput } from './generated/sulcus/v1/PredictorProgress.js';
export type { ModelSwapped, ModelSwappedInput } from './generated/sulcus/v1/ModelSwapped.js';
export type { TrainingFinished, TrainingFinishedInput } from './generated/sulcus/v1/TrainingFinished.js';
export type { ShadowProgress, ShadowProgressInput } from './generated/sulcus/v1/ShadowProgress.js';
export type { ArchiveProgress, ArchiveProgressInput } from './generated/sulcus/v1/ArchiveProgress.js';

export type { DeadLetter, DeadLetterInput } from './generated/sulcus/v1/DeadLetter.js';

export type { PredictionRecord, PredictionRecordInput } from './generated/sulcus/v1/PredictionRecord.js';
export type { Computation, ComputationInput } from './generated/sulcus/v1/Computation.js';
export type { PredictionTimes, PredictionTimesInput } from './generated/sulcus/v1/PredictionTimes.js';

// ---- gRPC: sulcus.v1.Ingest
export type { IngestHandlers, IngestClient } from './generated/sulcus/v1/Ingest.js';
export type { UploadRequest, UploadRequestInput } from './generated/sulcus/v1/UploadRequest.js';
export type { ForwardedScan, ForwardedScanInput } from './generated/sulcus/v1/ForwardedScan.js';
export type { IngestDescription, IngestDescriptionInput } from './generated/sulcus/v1/IngestDescription.js';
export type { UploadSummary, UploadSummaryInput } from './generated/sulcus/v1/UploadSummary.js';
export type { ImageAck, ImageAckInput } from './generated/sulcus/v1/ImageAck.js';
export type { Annotation, AnnotationInput } from './generated/sulcus/v1/Annotation.js';
export type { AnnotateRequest, AnnotateRequestInput } from './generated/sulcus/v1/AnnotateRequest.js';
export type { AnnotateResponse, AnnotateResponseInput } from './generated/sulcus/v1/AnnotateResponse.js';

// ---- gRPC: sulcus.v1.Predictor
export type { PredictorHandlers, PredictorClient } from './generated/sulcus/v1/Predictor.js';
export type { PredictRequest, PredictRequestInput } from './generated/sulcus/v1/PredictRequest.js';
export type { ExplanationRequest, ExplanationRequestInput } from './generated/sulcus/v1/ExplanationRequest.js';
export type { Explanation, ExplanationInput } from './generated/sulcus/v1/Explanation.js';
export type { PredictResponse, PredictResponseInput } from './generated/sulcus/v1/PredictResponse.js';
export type { PredictStreamResponse, PredictStreamResponseInput } from './generated/sulcus/v1/PredictStreamResponse.js';
export type { ClassProbability, ClassProbabilityInput } from './generated/sulcus/v1/ClassProbability.js';
export type { PredictError, PredictErrorInput } from './generated/sulcus/v1/PredictError.js';
export { StudyAggregation } from './generated/sulcus/v1/StudyAggregation.js';
export { StudyDecision } from './generated/sulcus/v1/StudyDecision.js';
export type { PredictStudyRequest, PredictStudyRequestInput } from './generated/sulcus/v1/PredictStudyRequest.js';
export type { StudyHeader, StudyHeaderInput } from './generated/sulcus/v1/StudyHeader.js';
export type { StudySlice, StudySliceInput } from './generated/sulcus/v1/StudySlice.js';
export type { StudyOptions, StudyOptionsInput } from './generated/sulcus/v1/StudyOptions.js';
export type {
  PredictStoredStudyRequest,
  PredictStoredStudyRequestInput,
} from './generated/sulcus/v1/PredictStoredStudyRequest.js';
export type { PredictStudyResponse, PredictStudyResponseInput } from './generated/sulcus/v1/PredictStudyResponse.js';
export type { StudyPrediction, StudyPredictionInput } from './generated/sulcus/v1/StudyPrediction.js';
export type { SlicePrediction, SlicePredictionInput } from './generated/sulcus/v1/SlicePrediction.js';
export type {
  _sulcus_v1_StudyAbstention_Reason as StudyAbstentionReason,
  StudyAbstention,
  StudyAbstentionInput,
} from './generated/sulcus/v1/StudyAbstention.js';
export type { StudyUncertainty, StudyUncertaintyInput } from './generated/sulcus/v1/StudyUncertainty.js';
export type { FindingProbability, FindingProbabilityInput } from './generated/sulcus/v1/FindingProbability.js';

// ---- gRPC: inference.GRPCInferenceService (Open Inference Protocol v2)
export type {
  GRPCInferenceServiceHandlers,
  GRPCInferenceServiceClient,
} from './generated/inference/GRPCInferenceService.js';
export type {
  ModelInferRequest,
  ModelInferRequestInput,
  _inference_ModelInferRequest_InferInputTensor as InferInputTensor,
  _inference_ModelInferRequest_InferRequestedOutputTensor as InferRequestedOutputTensor,
} from './generated/inference/ModelInferRequest.js';
export type { ModelInferResponse, ModelInferResponseInput } from './generated/inference/ModelInferResponse.js';
export type {
  ModelStreamInferResponse,
  ModelStreamInferResponseInput,
} from './generated/inference/ModelStreamInferResponse.js';
export type { InferParameter } from './generated/inference/InferParameter.js';
export type { InferTensorContents } from './generated/inference/InferTensorContents.js';
export type { ModelConfigInput } from './generated/inference/ModelConfig.js';
export type { ModelMetadataResponseInput } from './generated/inference/ModelMetadataResponse.js';
export type { ModelStatisticsInput } from './generated/inference/ModelStatistics.js';
export type { StatisticDurationInput } from './generated/inference/StatisticDuration.js';
