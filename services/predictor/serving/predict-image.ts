import { randomUUID } from 'node:crypto';
import { SulcusError } from '#libs/errors';
import type { ImageInput, PreparedInput } from '#libs/imaging';
import { attr, withSpan, type SpanHandle } from '#libs/telemetry';
import { assertExplainable, explainImage } from '../explanations/explain.js';
import type { ExplanationOptions } from '../explanations/explanation.js';
import type { Servable } from '../servables/servable.js';
import type { ServingContext } from './context.js';
import type { Prediction } from './prediction.js';
import type { Priority } from './priority.js';

/** One image that is to be predicted. */
export interface ImageRequest {
  input: ImageInput;
  priority: Priority;
  /** A picture to be made with the answer. */
  explain: ExplanationOptions | undefined;
}

/** The same with what names it in traces and records. */
export interface IdentifiedImage extends ImageRequest {
  predictionId: string;
  receivedUnixMs: number;
}

/** Gives an image its identity and runs `work` in a span that carries it. */
export function inImageSpan<T>(
  request: ImageRequest,
  work: (image: IdentifiedImage, span: SpanHandle) => Promise<T>,
): Promise<T> {
  const image = { ...request, predictionId: randomUUID(), receivedUnixMs: Date.now() };
  const attributes = {
    [attr.predictionId]: image.predictionId,
    [attr.imageSizeBytes]: image.input.bytes.byteLength,
  };
  return withSpan('predict image', { attributes }, (span) => work(image, span));
}

/**
 * Predicts one image with one version: prepares it, has it computed in a batch, and explains it if that was asked for.
 *
 * @throws IMAGE_* for bytes that are no readable image; INVALID_ARGUMENT for a class that cannot be explained;
 * CANCELLED or DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine dies meanwhile
 */
export async function predictImageWith(
  { pool, shadow }: Pick<ServingContext, 'pool' | 'shadow'>,
  servable: Servable,
  image: IdentifiedImage,
  span: SpanHandle,
  signal: AbortSignal,
): Promise<Prediction> {
  const { card, engine } = servable;
  const { predictionId, receivedUnixMs, input, priority, explain } = image;
  if (explain) assertExplainable(card, input, explain);
  span.setAttributes({ [attr.modelVersion]: card.version });
  if (card.traceparent !== undefined) span.addLink({ traceparent: card.traceparent });

  using reservation = servable.reserve(signal, priority);
  const transform = input.transform ?? servable.transform;
  const preparing = pool.prepareInput(transform, input, { signal: reservation.signal, priority });
  const { sampleId, pixels, prepareMs } = await namingSample(span, preparing);

  const batched = await reservation.submit(pixels);
  const inferredUnixMs = Date.now();
  const { result: probabilities, runMs: inferenceMs, batchSize, batchRow, queueMs } = batched;
  const predicted = indexOfMaximum(probabilities);
  span.setAttributes({
    [attr.predictedClass]: card.classes[predicted]!,
    [attr.probability]: probabilities[predicted]!,
  });

  const explanation =
    explain && (await explainImage(pool, servable, explain, { image: input.bytes, pixels, predicted }, signal));
  shadow?.mirror({ predictionId, card, probabilities, inferenceMs, input, pixels });
  return {
    predictionId,
    sampleId,
    input,
    card,
    probabilities,
    predicted,
    prepareMs,
    queueMs,
    inferenceMs,
    batchSize,
    batchRow,
    engine,
    receivedUnixMs,
    inferredUnixMs,
    traceparent: span.traceparent,
    ...(explanation && { explanation }),
  };
}

/** Readable or not, the span names the image, so that its trace can be found. */
async function namingSample(span: SpanHandle, preparing: Promise<PreparedInput>): Promise<PreparedInput> {
  try {
    const prepared = await preparing;
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
