// Original file: proto/sulcus/v1/event.proto

import type { ServiceStateInput as _sulcus_v1_ServiceStateInput, ServiceState as _sulcus_v1_ServiceState } from '../../sulcus/v1/ServiceState.js';
import type { IngestProgressInput as _sulcus_v1_IngestProgressInput, IngestProgress as _sulcus_v1_IngestProgress } from '../../sulcus/v1/IngestProgress.js';
import type { PreprocessProgressInput as _sulcus_v1_PreprocessProgressInput, PreprocessProgress as _sulcus_v1_PreprocessProgress } from '../../sulcus/v1/PreprocessProgress.js';
import type { TrainingProgressInput as _sulcus_v1_TrainingProgressInput, TrainingProgress as _sulcus_v1_TrainingProgress } from '../../sulcus/v1/TrainingProgress.js';
import type { ValidationResultInput as _sulcus_v1_ValidationResultInput, ValidationResult as _sulcus_v1_ValidationResult } from '../../sulcus/v1/ValidationResult.js';
import type { EpochCompletedInput as _sulcus_v1_EpochCompletedInput, EpochCompleted as _sulcus_v1_EpochCompleted } from '../../sulcus/v1/EpochCompleted.js';
import type { PredictorProgressInput as _sulcus_v1_PredictorProgressInput, PredictorProgress as _sulcus_v1_PredictorProgress } from '../../sulcus/v1/PredictorProgress.js';
import type { ModelSwappedInput as _sulcus_v1_ModelSwappedInput, ModelSwapped as _sulcus_v1_ModelSwapped } from '../../sulcus/v1/ModelSwapped.js';
import type { TrainingFinishedInput as _sulcus_v1_TrainingFinishedInput, TrainingFinished as _sulcus_v1_TrainingFinished } from '../../sulcus/v1/TrainingFinished.js';
import type { ShadowProgressInput as _sulcus_v1_ShadowProgressInput, ShadowProgress as _sulcus_v1_ShadowProgress } from '../../sulcus/v1/ShadowProgress.js';
import type { DriftNoticedInput as _sulcus_v1_DriftNoticedInput, DriftNoticed as _sulcus_v1_DriftNoticed } from '../../sulcus/v1/DriftNoticed.js';
import type { CalibrationLostInput as _sulcus_v1_CalibrationLostInput, CalibrationLost as _sulcus_v1_CalibrationLost } from '../../sulcus/v1/CalibrationLost.js';
import type { ConstantAnswersNoticedInput as _sulcus_v1_ConstantAnswersNoticedInput, ConstantAnswersNoticed as _sulcus_v1_ConstantAnswersNoticed } from '../../sulcus/v1/ConstantAnswersNoticed.js';
import type { SamplesWaitingInput as _sulcus_v1_SamplesWaitingInput, SamplesWaiting as _sulcus_v1_SamplesWaiting } from '../../sulcus/v1/SamplesWaiting.js';
import type { ArchiveProgressInput as _sulcus_v1_ArchiveProgressInput, ArchiveProgress as _sulcus_v1_ArchiveProgress } from '../../sulcus/v1/ArchiveProgress.js';
import type { Long } from '@grpc/proto-loader';

/**
 * What a service reports while it works: operators' views and run summaries are built from these.
 */
export interface PipelineEventInput {
  /**
   * Service that reports: "ingest", "preprocess", "trainer", "predictor", "archiver".
   */
  'service'?: (string);
  /**
   * Instance of the service, unique per process.
   */
  'instance'?: (string);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs'?: (number | string | Long);
  /**
   * The life of the service changed.
   */
  'state'?: (_sulcus_v1_ServiceStateInput | null);
  /**
   * Images were taken in.
   */
  'ingest'?: (_sulcus_v1_IngestProgressInput | null);
  /**
   * Batches were prepared.
   */
  'preprocess'?: (_sulcus_v1_PreprocessProgressInput | null);
  /**
   * Training steps were made.
   */
  'training'?: (_sulcus_v1_TrainingProgressInput | null);
  /**
   * A validation was made.
   */
  'validation'?: (_sulcus_v1_ValidationResultInput | null);
  /**
   * An epoch ended.
   */
  'epoch'?: (_sulcus_v1_EpochCompletedInput | null);
  /**
   * Requests were answered.
   */
  'predictor'?: (_sulcus_v1_PredictorProgressInput | null);
  /**
   * Another version answers.
   */
  'swap'?: (_sulcus_v1_ModelSwappedInput | null);
  /**
   * Training ended for now.
   */
  'finished'?: (_sulcus_v1_TrainingFinishedInput | null);
  /**
   * A shadow version was asked about mirrored traffic.
   */
  'shadow'?: (_sulcus_v1_ShadowProgressInput | null);
  /**
   * Answers have become worse than they were.
   */
  'drift'?: (_sulcus_v1_DriftNoticedInput | null);
  /**
   * Probabilities no longer mean what they say.
   */
  'calibration'?: (_sulcus_v1_CalibrationLostInput | null);
  /**
   * One answer is given to everything.
   */
  'constant'?: (_sulcus_v1_ConstantAnswersNoticedInput | null);
  /**
   * Images wait for a label of the class list.
   */
  'waiting'?: (_sulcus_v1_SamplesWaitingInput | null);
  /**
   * Scans left the broker for the archive, or came back.
   */
  'archive'?: (_sulcus_v1_ArchiveProgressInput | null);
  'body'?: "state"|"ingest"|"preprocess"|"training"|"validation"|"epoch"|"predictor"|"swap"|"finished"|"shadow"|"archive"|"drift"|"calibration"|"constant"|"waiting";
}

/**
 * What a service reports while it works: operators' views and run summaries are built from these.
 */
export interface PipelineEvent {
  /**
   * Service that reports: "ingest", "preprocess", "trainer", "predictor", "archiver".
   */
  'service': (string);
  /**
   * Instance of the service, unique per process.
   */
  'instance': (string);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'timeUnixMs': (number);
  /**
   * The life of the service changed.
   */
  'state'?: (_sulcus_v1_ServiceState | null);
  /**
   * Images were taken in.
   */
  'ingest'?: (_sulcus_v1_IngestProgress | null);
  /**
   * Batches were prepared.
   */
  'preprocess'?: (_sulcus_v1_PreprocessProgress | null);
  /**
   * Training steps were made.
   */
  'training'?: (_sulcus_v1_TrainingProgress | null);
  /**
   * A validation was made.
   */
  'validation'?: (_sulcus_v1_ValidationResult | null);
  /**
   * An epoch ended.
   */
  'epoch'?: (_sulcus_v1_EpochCompleted | null);
  /**
   * Requests were answered.
   */
  'predictor'?: (_sulcus_v1_PredictorProgress | null);
  /**
   * Another version answers.
   */
  'swap'?: (_sulcus_v1_ModelSwapped | null);
  /**
   * Training ended for now.
   */
  'finished'?: (_sulcus_v1_TrainingFinished | null);
  /**
   * A shadow version was asked about mirrored traffic.
   */
  'shadow'?: (_sulcus_v1_ShadowProgress | null);
  /**
   * Answers have become worse than they were.
   */
  'drift'?: (_sulcus_v1_DriftNoticed | null);
  /**
   * Probabilities no longer mean what they say.
   */
  'calibration'?: (_sulcus_v1_CalibrationLost | null);
  /**
   * One answer is given to everything.
   */
  'constant'?: (_sulcus_v1_ConstantAnswersNoticed | null);
  /**
   * Images wait for a label of the class list.
   */
  'waiting'?: (_sulcus_v1_SamplesWaiting | null);
  /**
   * Scans left the broker for the archive, or came back.
   */
  'archive'?: (_sulcus_v1_ArchiveProgress | null);
  'body'?: "state"|"ingest"|"preprocess"|"training"|"validation"|"epoch"|"predictor"|"swap"|"finished"|"shadow"|"archive"|"drift"|"calibration"|"constant"|"waiting";
}
