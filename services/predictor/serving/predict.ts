import { retryWithBackoff, type RetryOptions } from '#libs/async';
import { GrpcStatus, SulcusError } from '#libs/errors';
import type { ImageInput } from '#libs/imaging';
import type { ModelCard } from '#libs/registry';
import { attr } from '#libs/telemetry';
import type { ExplanationOptions } from '../explanations/explanation.js';
import type { ServableHandle } from '../servables/servable.js';
import type { ServingContext } from './context.js';
import { failFast } from './fail-fast.js';
import { inImageSpan, predictImageWith, type ImageRequest } from './predict-image.js';
import type { Prediction, RequestOrigin } from './prediction.js';
import type { Priority } from './priority.js';

/** A request whose engine dies under it is tried once more, on the engine that replaces it. */
const ATTEMPTS = 2;

/**
 * Predicts one image, already admitted, with the live version: one span, one prediction id, one record.
 *
 * @throws MODEL_NOT_READY; IMAGE_* for bytes that are no readable image; INVALID_ARGUMENT for a class that cannot be
 * explained; CANCELLED or DEADLINE_EXCEEDED by `signal`; ENGINE_FAILED when the engine died twice under this image; as
 * {@link Recorder.record}
 */
export async function predictImage(
  context: ServingContext,
  { origin, ...request }: ImageRequest & { origin: RequestOrigin },
  signal: AbortSignal,
): Promise<Prediction> {
  const [prediction] = await accounted(context, origin, signal, async () => {
    const answered = inImageSpan(request, (image, span) =>
      retryOnEngineFailure(
        { maxAttempts: ATTEMPTS, signal, onRetry: ({ code }) => span.addEvent('retry', { [attr.errorType]: code }) },
        async () => {
          const { servable, release } = await context.live.acquire(signal);
          return await predictImageWith(context, servable, image, span, signal).finally(release);
        },
      ),
    );
    return [await answered];
  });
  return prediction!;
}

/** A request of several images. */
export interface ImagesRequest {
  priority: Priority;
  origin: RequestOrigin;
  /** A picture to be made for every image. */
  explain?: ExplanationOptions | undefined;
  /** The version that answers all of them. */
  acquire: (signal: AbortSignal) => Promise<ServableHandle>;
  /** The images as that version takes them. @throws INVALID_ARGUMENT when it does not */
  images: (card: ModelCard) => readonly ImageInput[];
}

/**
 * Predicts the images of one request, already admitted, with one version: a span, a prediction id and a record each.
 * When one of them fails the request fails, the others go no further, and nothing is recorded.
 *
 * @throws as {@link predictImage}, and what the request's own functions throw
 */
export async function predictImages(
  context: ServingContext,
  { origin, priority, explain, acquire, images }: ImagesRequest,
  signal: AbortSignal,
): Promise<Prediction[]> {
  return await accounted(context, origin, signal, () =>
    retryOnEngineFailure({ maxAttempts: ATTEMPTS, signal }, async () => {
      const { servable, release } = await acquire(signal);
      try {
        const inputs = images(servable.card);
        return await failFast(signal, (ended) =>
          inputs.map((input, index) =>
            inImageSpan({ input, priority, explain }, (image, span) =>
              predictImageWith(context, servable, image, span, ended),
            ).catch((error: unknown) => {
              throw inputs.length === 1 ? SulcusError.from(error) : namingImage(index, inputs.length, error);
            }),
          ),
        );
      } finally {
        release();
      }
    }),
  );
}

/** Tries work again at once when the engine under it died: the next attempt waits for the engine that replaces it. */
export function retryOnEngineFailure<T>(
  options: Required<Pick<RetryOptions, 'maxAttempts' | 'signal'>> & Pick<RetryOptions, 'onRetry'>,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  const shouldRetry: RetryOptions['shouldRetry'] = ({ code }) => code === 'ENGINE_FAILED';
  return retryWithBackoff(work, { ...options, firstDelayMs: 0, maxDelayMs: 0, shouldRetry });
}

/** Says which image a caller's mistake is in. */
function namingImage(index: number, count: number, thrown: unknown): SulcusError {
  const error = SulcusError.from(thrown);
  if (error.policy.grpcStatus !== GrpcStatus.INVALID_ARGUMENT) return error;
  return new SulcusError(error.code, `Image ${index} of ${count}: ${error.rawMessage}`, {
    cause: thrown,
    details: error.details,
  });
}

/** Records what a request is answered with, and counts it and its times, however it ends. */
async function accounted(
  { recorder, events, statistics, live }: ServingContext,
  origin: RequestOrigin,
  signal: AbortSignal,
  work: () => Promise<Prediction[]>,
): Promise<Prediction[]> {
  const startedMs = performance.now();
  try {
    const predictions = await work();
    await recorder.record(predictions, origin, signal);
    const durationMs = performance.now() - startedMs;
    events.answered(durationMs, predictions);
    statistics.answered(predictions, durationMs);
    return predictions;
  } catch (error) {
    events.rejected(SulcusError.from(error));
    statistics.failed(live.serving?.card.version, performance.now() - startedMs);
    throw error;
  }
}
