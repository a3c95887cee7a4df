import type { PredictRequest, PredictStreamResponseInput } from '#libs/contracts';
import { GrpcStatus, SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { ServingContext } from '../../serving/context.js';
import { predictImage } from '../../serving/predict.js';
import { answerStream } from '../answer-stream.js';
import { admissionRequest, imageRequest } from './request.js';
import { predictResponse } from './response.js';

/** Failures that concern one image; anything else ends the stream. */
const ANSWERED_IN_PLACE: ReadonlySet<number> = new Set([
  GrpcStatus.INVALID_ARGUMENT,
  GrpcStatus.UNAVAILABLE,
  GrpcStatus.INTERNAL,
]);

/**
 * `PredictStream`: answers in the order of the requests.
 *
 * @param window images of a stream that are worked on at a time
 */
export function predictStreamHandler(context: ServingContext, window: number): Handlers<'Predictor'>['predictStream'] {
  const { admission } = context;
  const answer = answerInPlace.bind(undefined, context);
  return (requests, { signal }) => answerStream(requests, { admission, window, admissionRequest, answer }, signal);
}

async function answerInPlace(
  context: ServingContext,
  request: PredictRequest,
  signal: AbortSignal,
): Promise<PredictStreamResponseInput> {
  const { name } = request;
  try {
    return { response: predictResponse(name, await predictImage(context, imageRequest(request), signal)) };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (!ANSWERED_IN_PLACE.has(error.policy.grpcStatus)) throw error;
    const message = error.code === 'INTERNAL' ? 'The image could not be predicted' : error.rawMessage;
    return { error: { name, code: error.code, message } };
  }
}
