import type { ModelInferRequest, ModelInferResponseInput, ModelStreamInferResponseInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { AdmissionRequest } from '../../serving/admission.js';
import { predictImages } from '../../serving/predict.js';
import { toPriority } from '../../serving/priority.js';
import { answerStream } from '../answer-stream.js';
import type { InferenceContext } from './context.js';
import { inferResponse, requestedOutputs } from './infer-response.js';
import { assertNoSequence, integerParameter, withinTimeout } from './parameters.js';
import { requestBytes, requestImages } from './request-images.js';
import { EXPLANATION_OUTPUT } from './tensors.js';

/** `ModelInfer`: one request of one or more images. A full predictor rejects it before it does any work. */
export function modelInferHandler(context: InferenceContext): Handlers<'Inference'>['modelInfer'] {
  return (request, { signal }) =>
    context.admission.admit(admissionRequest(request), () => infer(context, request, signal));
}

/**
 * `ModelStreamInfer`: one answer per request, in order.
 *
 * @param window requests of a stream that are worked on at a time
 */
export function modelStreamInferHandler(
  context: InferenceContext,
  window: number,
): Handlers<'Inference'>['modelStreamInfer'] {
  const { admission } = context;
  const answer = answerInPlace.bind(undefined, context);
  return (requests, { signal }) => answerStream(requests, { admission, window, admissionRequest, answer }, signal);
}

const admissionRequest = (request: ModelInferRequest): AdmissionRequest => ({
  sizeBytes: requestBytes(request),
  explained: request.outputs.some(({ name }) => name === EXPLANATION_OUTPUT),
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
        acquire: () => context.resolver.acquire(address, limit),
        images: (card) => requestImages(request, card, context.config.maxBatchSize),
      },
      limit,
    );
    return inferResponse(context.resolver.nameOf(predictions[0]!.card), request.id, outputs, predictions);
  });
}
