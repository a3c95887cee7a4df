// Original file: proto/sulcus/v1/study.proto

import type { StudyOptionsInput as _sulcus_v1_StudyOptionsInput, StudyOptions as _sulcus_v1_StudyOptions } from '../../sulcus/v1/StudyOptions.js';
import type { ClassProbabilityInput as _sulcus_v1_ClassProbabilityInput, ClassProbability as _sulcus_v1_ClassProbability } from '../../sulcus/v1/ClassProbability.js';
import type { FindingProbabilityInput as _sulcus_v1_FindingProbabilityInput, FindingProbability as _sulcus_v1_FindingProbability } from '../../sulcus/v1/FindingProbability.js';
import type { StudyDecisionInput as _sulcus_v1_StudyDecisionInput, StudyDecision as _sulcus_v1_StudyDecision } from '../../sulcus/v1/StudyDecision.js';
import type { StudyAbstentionInput as _sulcus_v1_StudyAbstentionInput, StudyAbstention as _sulcus_v1_StudyAbstention } from '../../sulcus/v1/StudyAbstention.js';
import type { StudyUncertaintyInput as _sulcus_v1_StudyUncertaintyInput, StudyUncertainty as _sulcus_v1_StudyUncertainty } from '../../sulcus/v1/StudyUncertainty.js';
import type { SlicePredictionInput as _sulcus_v1_SlicePredictionInput, SlicePrediction as _sulcus_v1_SlicePrediction } from '../../sulcus/v1/SlicePrediction.js';
import type { Long } from '@grpc/proto-loader';

/**
 * The prediction of a whole study. Answered over gRPC and published to the STUDIES stream, append-only: a later
 * prediction of the same study supersedes an earlier one and does not replace it.
 */
export interface StudyPredictionInput {
  /**
   * Identity of this prediction.
   */
  'studyPredictionId'?: (string);
  /**
   * Pseudonym of the study, or the caller's name for it.
   */
  'studyId'?: (string);
  /**
   * 1 for the first prediction of the study on the stream, counting up; 0 outside of the stream.
   */
  'revision'?: (number);
  /**
   * Identity of the prediction before it, or empty.
   */
  'supersedes'?: (string);
  /**
   * SHA-256 over the sorted sample ids of the study's slices, lower-case hexadecimal.
   */
  'sliceSetHash'?: (string);
  /**
   * Model version that answered all slices.
   */
  'modelVersion'?: (string);
  /**
   * SHA-256 of that version's weights, lower-case hexadecimal.
   */
  'modelHash'?: (string);
  /**
   * Temperature that the probabilities are scaled with, fitted on the validation split; 1: as the network gives them.
   */
  'temperature'?: (number | string);
  /**
   * How it was predicted, everything filled in.
   */
  'options'?: (_sulcus_v1_StudyOptionsInput | null);
  /**
   * Where the normal classes come from: "request", "configuration", "well-known name", or "none".
   */
  'normalClassesSource'?: (string);
  /**
   * One probability per class, in the order of the model's class list; they sum to 1. Empty when no slice could be
   * used.
   */
  'probabilities'?: (_sulcus_v1_ClassProbabilityInput)[];
  /**
   * Class with the highest probability; empty when no slice could be used.
   */
  'predictedClass'?: (string);
  /**
   * Absent when no normal class is known or no slice could be used.
   */
  'anyFinding'?: (_sulcus_v1_FindingProbabilityInput | null);
  /**
   * What follows.
   */
  'decision'?: (_sulcus_v1_StudyDecisionInput);
  /**
   * Why nothing follows; empty unless the decision is to abstain.
   */
  'abstentions'?: (_sulcus_v1_StudyAbstentionInput)[];
  /**
   * How sure the answer is; absent when no slice could be used.
   */
  'uncertainty'?: (_sulcus_v1_StudyUncertaintyInput | null);
  /**
   * Every slice, in the order it was sent or ingested.
   */
  'slices'?: (_sulcus_v1_SlicePredictionInput)[];
  /**
   * Slices beyond the most that are looked at: not predicted and not listed.
   */
  'slicesLeftOut'?: (number);
  /**
   * The result in a sentence, for people.
   */
  'summary'?: (string);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'predictedUnixMs'?: (number | string | Long);
}

/**
 * The prediction of a whole study. Answered over gRPC and published to the STUDIES stream, append-only: a later
 * prediction of the same study supersedes an earlier one and does not replace it.
 */
export interface StudyPrediction {
  /**
   * Identity of this prediction.
   */
  'studyPredictionId': (string);
  /**
   * Pseudonym of the study, or the caller's name for it.
   */
  'studyId': (string);
  /**
   * 1 for the first prediction of the study on the stream, counting up; 0 outside of the stream.
   */
  'revision': (number);
  /**
   * Identity of the prediction before it, or empty.
   */
  'supersedes': (string);
  /**
   * SHA-256 over the sorted sample ids of the study's slices, lower-case hexadecimal.
   */
  'sliceSetHash': (string);
  /**
   * Model version that answered all slices.
   */
  'modelVersion': (string);
  /**
   * SHA-256 of that version's weights, lower-case hexadecimal.
   */
  'modelHash': (string);
  /**
   * Temperature that the probabilities are scaled with, fitted on the validation split; 1: as the network gives them.
   */
  'temperature': (number);
  /**
   * How it was predicted, everything filled in.
   */
  'options': (_sulcus_v1_StudyOptions | null);
  /**
   * Where the normal classes come from: "request", "configuration", "well-known name", or "none".
   */
  'normalClassesSource': (string);
  /**
   * One probability per class, in the order of the model's class list; they sum to 1. Empty when no slice could be
   * used.
   */
  'probabilities': (_sulcus_v1_ClassProbability)[];
  /**
   * Class with the highest probability; empty when no slice could be used.
   */
  'predictedClass': (string);
  /**
   * Absent when no normal class is known or no slice could be used.
   */
  'anyFinding': (_sulcus_v1_FindingProbability | null);
  /**
   * What follows.
   */
  'decision': (_sulcus_v1_StudyDecision);
  /**
   * Why nothing follows; empty unless the decision is to abstain.
   */
  'abstentions': (_sulcus_v1_StudyAbstention)[];
  /**
   * How sure the answer is; absent when no slice could be used.
   */
  'uncertainty': (_sulcus_v1_StudyUncertainty | null);
  /**
   * Every slice, in the order it was sent or ingested.
   */
  'slices': (_sulcus_v1_SlicePrediction)[];
  /**
   * Slices beyond the most that are looked at: not predicted and not listed.
   */
  'slicesLeftOut': (number);
  /**
   * The result in a sentence, for people.
   */
  'summary': (string);
  /**
   * When, milliseconds since the Unix epoch.
   */
  'predictedUnixMs': (number);
}
