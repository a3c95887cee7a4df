import { setMaxListeners } from 'node:events';
import { mapInOrder } from '#libs/async';
import type { ModelInferRequest, ModelInferResponseInput, ModelStreamInferResponseInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { Visitor } from '../../serving/admission.js';
import { toPriority } from '../../serving/priority.js';
import { admitted, predictImages } from '../../serving/prediction.js';
import type { InferenceContext } from './context.js';
import { inferResponse, requestedOutputs } from './infer-response.js';
import { assertNoSequence, integerParameter, withinTimeout } from './parameters.js';
import { requestBytes, requestImages } from './request-images.js';
import { EXPLANATION_OUTPUT } from './tensors.js';

/** `ModelInfer`: one request of one or more images. A full predictor refuses before it does any work. */
export function modelInferHandler(context: InferenceContext): Handlers<'Inference'>['modelInfer'] {
  return (request, { signal }) =>
    admitted(
      context,
      context.admission,
      requestBytes(request),
      () => infer(context, request, signal),
      visitorOf(request),
    );
}

/**
 * `ModelStreamInfer`: one answer per request, in their order. Up to `window` requests of a stream are worked on at a
 * time; when the predictor is full, the stream is read no further and so slows its sender.
 */
export function modelStreamInferHandler(
  context: InferenceContext,
  window: number,
): Handlers<'Inference'>['modelStreamInfer'] {
  return async function* (requests, { signal }) {
    // When the client leaves early, what is being worked on has nobody to answer to.
    const left = new AbortController();
    try {
      const ended = AbortSignal.any([signal, left.signal]);
      setMaxListeners(0, ended); // one per request under way is the normal case, not a leak
      yield* mapInOrder(begin(context, requests, ended), window, ({ answer }) => answer);
    } finally {
      left.abort(new SulcusError('CANCELLED', 'The stream has ended'));
    }
  };
}

async function* begin(
  context: InferenceContext,
  requests: AsyncIterable<ModelInferRequest>,
  signal: AbortSignal,
): AsyncGenerator<{ answer: Promise<ModelStreamInferResponseInput> }> {
  for await (const request of requests) {
    const leave = await context.admission.enterWhenRoom(requestBytes(request), signal, visitorOf(request));
    yield { answer: answerInPlace(context, request, signal).finally(leave) };
  }
}

const visitorOf = ({ outputs }: ModelInferRequest): Visitor => ({
  explained: outputs.some(({ name }) => name === EXPLANATION_OUTPUT),
});

/** Whatever fails concerns one request and is answered in its place, unless the whole stream is over. */
async function answerInPlace(
  context: InferenceContext,
  request: ModelInferRequest,
  signal: AbortSignal,
): Promise<ModelStreamInferResponseInput> {
  try {
    const { parameters, ...response } = await infer(context, request, signal);
    // Clients of streams look for this mark, because elsewhere a request may have several answers.
    return {
      inferResponse: { ...response, parameters: { ...parameters, triton_final_response: { boolParam: true } } },
    };
  } catch (thrown) {
    const error = SulcusError.from(thrown);
    if (signal.aborted) throw error;
    const errorMessage = error.code === 'INTERNAL' ? 'INTERNAL: The request could not be completed' : error.message;
    return { errorMessage, inferResponse: { id: request.id } };
  }
}

async function infer(
  context: InferenceContext,
  request: ModelInferRequest,
  signal: AbortSignal,
): Promise<ModelInferResponseInput> {
  assertNoSequence(request.parameters);
  const outputs = requestedOutputs(request);
  const explain = outputs.flatMap((output) => (output.name === EXPLANATION_OUTPUT ? [output.explain] : []))[0];
  const priority = toPriority(integerParameter(request.parameters, 'priority') ?? 0);
  const address = { name: request.modelName, version: request.modelVersion };
  return await withinTimeout(request.parameters, signal, async (limit) => {
    const predictions = await predictImages(
      context,
      {
        priority,
        origin: { protocol: 'inference', name: request.id },
        explain,
        acquire: () => context.directory.acquire(address, limit),
        images: (card) => requestImages(request, card, context.config.maxBatchSize),
      },
      limit,
    );
    return inferResponse(context.directory.nameOf(predictions[0]!.card), request.id, outputs, predictions);
  });
}
