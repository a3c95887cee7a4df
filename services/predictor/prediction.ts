import { randomUUID } from 'node:crypto';
import { SulcusError } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import { attr, withSpan, type SpanHandle } from '#libs/telemetry';
import type { PredictorEvents } from './events.js';
import type { ModelSlot } from './models/model-slot.js';
import type { PreparePool, TransformRef } from './prepare/pool.js';
import type { Prepared } from './prepare/thread.js';

/** One answered image. */
export interface Prediction {
  /** Identity of this prediction in traces and records. */
  predictionId: string;
  /** SHA-256 of the encoded image, lower-case hexadecimal. */
  sampleId: string;
  /** Card of the version that answered. */
  card: ModelCard;
  /** In the order of the card's classes; they sum to 1. */
  probabilities: Float32Array;
  /** Index of the highest probability. */
  predicted: number;
  /** Hash, decode and transform. */
  prepareMs: number;
  /** From being ready to the batch going out. */
  queueMs: number;
  /** Inference of the batch. */
  inferenceMs: number;
  batchSize: number;
}

/** What predicting needs. */
export interface PredictionContext {
  slot: ModelSlot;
  pool: PreparePool;
  events: PredictorEvents;
}

/** An image whose engine dies under it is asked once more, on the engine that replaces it. */
const ATTEMPTS = 2;

/**
 * Predicts one encoded image, already admitted, with the version in service when it comes: one span, one prediction id.
 *
 * @throws MODEL_NOT_READY; IMAGE_* for bytes that are no readable image; CANCELLED or
 * DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine died twice under this image
 */
export async function predictImage(context: PredictionContext, image: Uint8Array, signal: AbortSignal): Promise<Prediction> {
  const predictionId = randomUUID();
  const attributes = { [attr.predictionId]: predictionId, [attr.imageSizeBytes]: image.byteLength };
  const startedMs = performance.now();
  try {
    const prediction = await withSpan('predict image', { attributes }, (span) => predictPersistently(context, predictionId, image, span, signal));
    context.events.answered(performance.now() - startedMs);
    return prediction;
  } catch (error) {
    context.events.refused(SulcusError.from(error));
    throw error;
  }
}

async function predictPersistently(context: PredictionContext, predictionId: string, image: Uint8Array, span: SpanHandle, signal: AbortSignal): Promise<Prediction> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await predictOnce(context, predictionId, image, span, signal);
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      if (error.code !== 'ENGINE_FAILED' || attempt === ATTEMPTS || signal.aborted) throw error;
      span.addEvent('engine failed, asking again', { [attr.errorType]: error.code });
    }
  }
}

async function predictOnce(context: PredictionContext, predictionId: string, image: Uint8Array, span: SpanHandle, signal: AbortSignal): Promise<Prediction> {
  const { host, release } = await context.slot.acquire(signal);
  try {
    const { card } = host;
    span.setAttributes({ [attr.modelVersion]: card.version });
    if (card.traceparent !== undefined) span.addLink({ traceparent: card.traceparent });

    let prepared: Prepared | undefined;
    const { result, batchSize, queueMs, runMs } = await host.predict(async () => {
      prepared = await prepare(context.pool, host.transform, image, span, signal);
      return prepared.pixels;
    }, signal);

    const { sampleId, prepareMs } = prepared!;
    const predicted = indexOfMaximum(result);
    span.setAttributes({ [attr.predictedClass]: card.classes[predicted]!, [attr.probability]: result[predicted]! });
    return { predictionId, sampleId, card, probabilities: result, predicted, prepareMs, queueMs, inferenceMs: runMs, batchSize };
  } finally {
    release();
  }
}

/** Readable or not, the span names the image, so that its story can be found. */
async function prepare(pool: PreparePool, transform: TransformRef, image: Uint8Array, span: SpanHandle, signal: AbortSignal): Promise<Prepared> {
  try {
    const prepared = await pool.prepare(transform, image, signal);
    span.setAttributes({ [attr.sampleId]: prepared.sampleId });
    return prepared;
  } catch (error) {
    const { sampleId } = SulcusError.from(error).details;
    if (typeof sampleId === 'string') span.setAttributes({ [attr.sampleId]: sampleId });
    throw error;
  }
}

function indexOfMaximum(values: Float32Array): number {
  let best = 0;
  for (let index = 1; index < values.length; index++) if (values[index]! > values[best]!) best = index;
  return best;
}
