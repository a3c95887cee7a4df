import { randomUUID } from 'node:crypto';
import { GrpcStatus, SulcusError } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import { attr, withSpan, type SpanHandle } from '#libs/telemetry';
import { allOrNone } from './fail-fast.js';
import type { Admission, Visitor } from './admission.js';
import { DEFAULT_PRIORITY, type Priority } from './priority.js';
import type { PredictorEvents } from '../events.js';
import { assertExplainable, explainImage, type Explanation, type ExplanationOrder } from '../explanations/explain.js';
import type { ModelHost } from '../servables/servable.js';
import type { EngineFacts } from '../servables/thread.js';
import type { Lease, ModelSlot } from '../servables/alias-manager.js';
import type { ImageInput } from '../prepare/image-format.js';
import type { PreparePool, TransformRef } from '../prepare/pool.js';
import type { Prepared } from '../prepare/thread.js';
import type { Recorder, RequestOrigin } from '../recording/recorder.js';
import type { Shadow } from '../shadow/shadow.js';
import type { ServingStatistics } from './statistics.js';

/** One answered image. */
export interface Prediction {
  /** Identity of this prediction in traces and records. */
  predictionId: string;
  /** SHA-256 of the image as it came, lower-case hexadecimal. */
  sampleId: string;
  /** The image as it came. */
  input: ImageInput;
  /** Card of the version that answered. */
  card: ModelCard;
  /** In the order of the card's classes, at the temperature of its calibration; they sum to 1. */
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
  /** Place in the batch, from 0. */
  batchRow: number;
  /** What computed the probabilities. */
  engine: EngineFacts;
  /** The request was taken up, and the engine had answered. */
  receivedUnixMs: number;
  inferredUnixMs: number;
  /** W3C trace context of the span; empty when it is not traced. */
  traceparent: string;
  /** When one was asked for. */
  explanation?: Explanation;
}

/** What predicting needs. */
export interface PredictionContext {
  slot: ModelSlot;
  pool: PreparePool;
  events: PredictorEvents;
  statistics: ServingStatistics;
  recorder: Recorder;
  /** A version on trial that sees a share of what is answered. */
  shadow?: Pick<Shadow, 'offer'> | undefined;
}

/**
 * Runs `work` when there is room for a request of `sizeBytes`.
 *
 * @throws BACKPRESSURE before any work when there is not
 */
export async function admitted<T>(
  { events }: Pick<PredictionContext, 'events'>,
  admission: Admission,
  sizeBytes: number,
  work: () => Promise<T>,
  visitor: Visitor = {},
): Promise<T> {
  let leave: () => void;
  try {
    leave = admission.enter(sizeBytes, visitor);
  } catch (error) {
    events.refused(SulcusError.from(error));
    throw error;
  }
  return await work().finally(leave);
}

/** A request whose engine dies under it is asked once more, on the engine that replaces it. */
const ATTEMPTS = 2;

/** How one image is asked about. */
export interface ImageRequest {
  /** Encoded file. */
  image: Uint8Array;
  origin: RequestOrigin;
  priority?: Priority;
  /** A picture to be made with the answer. */
  explain?: ExplanationOrder | undefined;
}

/**
 * Predicts one encoded image, already admitted, with the version in service when it comes: one span, one prediction id, one record.
 *
 * @throws MODEL_NOT_READY; IMAGE_* for bytes that are no readable image; INVALID_ARGUMENT for a class that cannot be explained;
 * CANCELLED or DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine died twice under this image; as {@link Recorder.record}
 */
export async function predictImage(
  context: PredictionContext,
  { image, origin, priority = DEFAULT_PRIORITY, explain }: ImageRequest,
  signal: AbortSignal,
): Promise<Prediction> {
  const predictionId = randomUUID();
  const receivedUnixMs = Date.now();
  const input: ImageInput = { format: 'encoded', bytes: image };
  const [prediction] = await accounted(context, origin, signal, () =>
    withSpan('predict image', { attributes: attributesOf(predictionId, input) }, async (span) => [
      await persistently(
        signal,
        async () => {
          const { host, release } = await context.slot.acquire(signal);
          return await predictOn(
            context,
            host,
            { predictionId, receivedUnixMs, input, priority, explain },
            span,
            signal,
          ).finally(release);
        },
        (error) => span.addEvent('engine failed, asking again', { [attr.errorType]: error.code }),
      ),
    ]),
  );
  return prediction!;
}

/** A request of several images. */
export interface PredictionRequest {
  priority: Priority;
  origin: RequestOrigin;
  /** A picture to be made for every image. */
  explain?: ExplanationOrder | undefined;
  /** The host that answers all of them. */
  acquire(signal: AbortSignal): Promise<Lease>;
  /** The images as that host's version takes them. @throws INVALID_ARGUMENT when it does not */
  images(card: ModelCard): readonly ImageInput[];
}

/**
 * Predicts the images of one request, already admitted, with one version: a span, a prediction id and a record each. When
 * one of them fails the request fails, the others go no further, and nothing is recorded.
 *
 * @throws as {@link predictImage}, and what the request's own functions throw
 */
export async function predictImages(
  context: PredictionContext,
  request: PredictionRequest,
  signal: AbortSignal,
): Promise<Prediction[]> {
  return await accounted(context, request.origin, signal, () =>
    persistently(signal, async () => {
      const { host, release } = await request.acquire(signal);
      try {
        const inputs = request.images(host.card);
        const { priority, explain } = request;
        const predicted = (input: ImageInput, index: number, ended: AbortSignal): Promise<Prediction> =>
          predictOneOf(context, host, { input, priority, explain }, ended).catch((error: unknown) => {
            throw inputs.length === 1 ? SulcusError.from(error) : naming(index, inputs.length, error);
          });
        return await allOrNone(signal, (ended) => inputs.map((input, index) => predicted(input, index, ended)));
      } finally {
        release();
      }
    }),
  );
}

/** One image on its way. */
interface Order {
  predictionId: string;
  receivedUnixMs: number;
  input: ImageInput;
  priority: Priority;
  explain?: ExplanationOrder | undefined;
}

function predictOneOf(
  context: PredictionContext,
  host: ModelHost,
  image: Pick<Order, 'input' | 'priority' | 'explain'>,
  signal: AbortSignal,
): Promise<Prediction> {
  const order = { ...image, predictionId: randomUUID(), receivedUnixMs: Date.now() };
  return withSpan('predict image', { attributes: attributesOf(order.predictionId, order.input) }, (span) =>
    predictOn(context, host, order, span, signal),
  );
}

/** Says which image a caller's mistake is in. */
function naming(index: number, count: number, thrown: unknown): SulcusError {
  const error = SulcusError.from(thrown);
  if (error.policy.grpcStatus !== GrpcStatus.INVALID_ARGUMENT) return error;
  return new SulcusError(error.code, `Image ${index} of ${count}: ${error.rawMessage}`, {
    cause: thrown,
    details: error.details,
  });
}

/** Records what a request is answered with, and counts it and its times, however it ends. */
async function accounted(
  context: PredictionContext,
  origin: RequestOrigin,
  signal: AbortSignal,
  work: () => Promise<Prediction[]>,
): Promise<Prediction[]> {
  const startedMs = performance.now();
  try {
    const predictions = await work();
    await context.recorder.record(predictions, origin, signal);
    const durationMs = performance.now() - startedMs;
    context.events.answered(durationMs);
    context.statistics.answered(predictions, durationMs);
    return predictions;
  } catch (error) {
    context.events.refused(SulcusError.from(error));
    context.statistics.failed(context.slot.serving?.card.version, performance.now() - startedMs);
    throw error;
  }
}

/** Once more when an engine dies. */
async function persistently<T>(
  signal: AbortSignal,
  work: () => Promise<T>,
  onRetry?: (error: SulcusError) => void,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      if (error.code !== 'ENGINE_FAILED' || attempt === ATTEMPTS || signal.aborted) throw error;
      onRetry?.(error);
    }
  }
}

const attributesOf = (predictionId: string, { bytes }: ImageInput): Record<string, string | number> => ({
  [attr.predictionId]: predictionId,
  [attr.imageSizeBytes]: bytes.byteLength,
});

async function predictOn(
  context: PredictionContext,
  host: ModelHost,
  order: Order,
  span: SpanHandle,
  signal: AbortSignal,
): Promise<Prediction> {
  const { card } = host;
  const { predictionId, receivedUnixMs, input, priority, explain } = order;
  if (explain) assertExplainable(card, input, explain);
  span.setAttributes({ [attr.modelVersion]: card.version });
  if (card.traceparent !== undefined) span.addLink({ traceparent: card.traceparent });

  let prepared: Prepared | undefined;
  const { result, batchSize, batchRow, queueMs, runMs } = await host.predict(
    async (wanted) => {
      prepared = await prepare(context.pool, order.input.transform ?? host.transform, order, span, wanted);
      return prepared.pixels;
    },
    signal,
    priority,
  );

  const inferredUnixMs = Date.now();
  const { sampleId, prepareMs, pixels } = prepared!;
  const predicted = indexOfMaximum(result);
  span.setAttributes({ [attr.predictedClass]: card.classes[predicted]!, [attr.probability]: result[predicted]! });
  const times = { prepareMs, queueMs, inferenceMs: runMs, receivedUnixMs, inferredUnixMs };
  const explanation =
    explain && (await explainImage(context.pool, host, explain, { image: input.bytes, pixels, predicted }, signal));
  context.shadow?.offer({ predictionId, card, probabilities: result, inferenceMs: runMs, input, pixels });
  return {
    predictionId,
    sampleId,
    input,
    card,
    probabilities: result,
    predicted,
    batchSize,
    batchRow,
    engine: host.engine,
    traceparent: span.traceparent,
    ...times,
    ...(explanation && { explanation }),
  };
}

/** Readable or not, the span names the image, so that its story can be found. */
async function prepare(
  pool: PreparePool,
  transform: TransformRef,
  { input, priority }: Order,
  span: SpanHandle,
  signal: AbortSignal,
): Promise<Prepared> {
  try {
    const prepared = await pool.prepare(transform, input, signal, priority);
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
