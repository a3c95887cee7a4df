import type { Prediction, RequestOrigin } from '../serving/prediction.js';
import { computationOf } from './computation.js';
import type { NewRecord } from './record-store.js';

/** What the records of one predictor have in common. */
export interface RecordingPredictor {
  /** Unique per process. */
  instance: string;
  /** Threads of its engines; undefined: one per core. */
  engineThreads: number | undefined;
  /** Whether the names that callers give their requests may be kept: they may be those of patients. */
  keepsNames: boolean;
}

/** A caller's name may be anything: as much of it is kept as tells requests apart. */
const MAX_NAME_LENGTH = 1024;

/** The record of a prediction that is about to be answered. */
export function toRecord(
  prediction: Prediction,
  origin: RequestOrigin,
  { instance, engineThreads, keepsNames }: RecordingPredictor,
): NewRecord {
  const { card, engine, input, inferredUnixMs, inferenceMs, queueMs } = prediction;
  const batchedUnixMs = inferredUnixMs - inferenceMs;
  return {
    predictionId: prediction.predictionId,
    sampleId: prediction.sampleId,
    inputFormat: input.format,
    inputBytes: input.bytes.byteLength,
    modelVersion: card.version,
    modelHash: card.weightsHash,
    transformHash: input.transform?.hash ?? card.transformHash,
    classNames: [...card.classes],
    probabilities: [...prediction.probabilities],
    predictedClass: card.classes[prediction.predicted],
    computation: computationOf(engine, prediction, engineThreads),
    times: {
      receivedUnixMs: prediction.receivedUnixMs,
      preparedUnixMs: batchedUnixMs - queueMs,
      batchedUnixMs,
      inferredUnixMs,
      answeredUnixMs: Date.now(),
      prepareMs: prediction.prepareMs,
      queueMs,
      inferenceMs,
    },
    protocol: origin.protocol,
    requestName: keepsNames ? origin.name.slice(0, MAX_NAME_LENGTH) : '',
    instance,
    traceparent: prediction.traceparent,
    studyId: origin.studyId ?? '',
  };
}
