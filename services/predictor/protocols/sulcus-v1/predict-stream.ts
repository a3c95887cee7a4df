import { setMaxListeners } from 'node:events';
import { mapInOrder } from '#libs/async';
import type { PredictRequest, PredictStreamResponseInput } from '#libs/contracts';
import { GrpcStatus, SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { Admission } from '../../serving/admission.js';
import { toPriority } from '../../serving/priority.js';
import { explanationOrder } from '../../explanations/explain.js';
import { predictImage, type PredictionContext } from '../../serving/prediction.js';
import { origin, toResponse } from './response.js';

/** Failures that concern one image; anything else ends the stream. */
const ANSWERED_IN_PLACE: ReadonlySet<number> = new Set([
  GrpcStatus.INVALID_ARGUMENT,
  GrpcStatus.UNAVAILABLE,
  GrpcStatus.INTERNAL,
]);

/**
 * `PredictStream`: answers in the order of the requests. Up to `window` images of a stream are worked on at a time, so
 * that one stream fills batches; when the predictor is full, the stream is read no further and so slows its sender.
 */
export function predictStreamHandler(
  context: PredictionContext,
  admission: Admission,
  window: number,
): Handlers<'Predictor'>['predictStream'] {
  return async function* (requests, { signal }) {
    // When the client leaves early, what is being worked on has nobody to answer to.
    const left = new AbortController();
    try {
      const ended = AbortSignal.any([signal, left.signal]);
      setMaxListeners(0, ended); // one per image under way is the normal case, not a leak
      yield* mapInOrder(begin(context, admission, requests, ended), window, ({ answer }) => answer);
    } finally {
      left.abort(new SulcusError('CANCELLED', 'The stream has ended'));
    }
  };
}

/** Begins an image as soon as it is read and there is room; holds at most one that waits for room. */
async function* begin(
  context: PredictionContext,
  admission: Admission,
  requests: AsyncIterable<PredictRequest>,
  signal: AbortSignal,
): AsyncGenerator<{ answer: Promise<PredictStreamResponseInput> }> {
  for await (const request of requests) {
    const leave = await admission.enterWhenRoom(request.image.byteLength, signal, {
      explained: request.explain !== null,
    });
    yield { answer: answerInPlace(context, request, signal).finally(leave) };
  }
}

async function answerInPlace(
  context: PredictionContext,
  { image, name, priority, explain }: PredictRequest,
  signal: AbortSignal,
): Promise<PredictStreamResponseInput> {
  try {
    return {
      response: toResponse(
        name,
        await predictImage(
          context,
          { image, origin: origin(name), priority: toPriority(priority), explain: explanationOrder(explain) },
          signal,
        ),
      ),
    };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (!ANSWERED_IN_PLACE.has(error.policy.grpcStatus)) throw error;
    const message = error.code === 'INTERNAL' ? 'The image could not be predicted' : error.rawMessage;
    return { error: { name, code: error.code, message } };
  }
}
