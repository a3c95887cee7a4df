import type { InferRequestedOutputTensor, ModelInferRequest, ModelInferResponseInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ExplanationOptions } from '../../explanations/explanation.js';
import type { Prediction } from '../../serving/prediction.js';
import { integerParameter, textParameter } from './parameters.js';
import { EXPLANATION_OUTPUT, joinElements, OUTPUT } from './tensors.js';

/** An output that the caller wants, and how. */
export type RequestedOutput =
  | {
      name: typeof OUTPUT;
      /** Classes per image, most probable first, as texts; undefined: probabilities. */
      topClasses: number | undefined;
    }
  | { name: typeof EXPLANATION_OUTPUT; explain: ExplanationOptions };

/**
 * The outputs of a request, in its order.
 *
 * @throws INVALID_ARGUMENT for one that does not exist; UNIMPLEMENTED for shared memory
 */
export function requestedOutputs({ outputs }: ModelInferRequest): RequestedOutput[] {
  if (outputs.length === 0) return [{ name: OUTPUT, topClasses: undefined }];
  const names = outputs.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new SulcusError('INVALID_ARGUMENT', `The request asks for output "${twice}" twice`);
  return outputs.map(requestedOutput);
}

function requestedOutput(output: InferRequestedOutputTensor): RequestedOutput {
  if ('shared_memory_region' in output.parameters)
    throw new SulcusError('UNIMPLEMENTED', 'Tensors in shared memory are not served: outputs come with the answer');
  if (output.name === OUTPUT) return { name: OUTPUT, topClasses: topClasses(output) };
  if (output.name === EXPLANATION_OUTPUT) return { name: EXPLANATION_OUTPUT, explain: explanationParameters(output) };
  throw new SulcusError(
    'INVALID_ARGUMENT',
    `There is no output "${output.name}": the output is "${OUTPUT}", with "${EXPLANATION_OUTPUT}" if asked for`,
  );
}

function topClasses({ parameters }: InferRequestedOutputTensor): number | undefined {
  const count = integerParameter(parameters, 'classification');
  if (count !== undefined && count < 1)
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `Parameter "classification" is ${count}: it is the number of classes, at least 1`,
    );
  return count;
}

function explanationParameters({ parameters }: InferRequestedOutputTensor): ExplanationOptions {
  const form = textParameter(parameters, 'form') ?? 'overlay';
  if (form !== 'overlay' && form !== 'heat-map')
    throw new SulcusError('INVALID_ARGUMENT', `Parameter "form" is "${form}": it is "overlay" or "heat-map"`);
  return { className: textParameter(parameters, 'class') ?? '', form };
}

/**
 * The answer to a request, raw, because stock clients read nothing else.
 *
 * @param predictions of the request's images, at least one, all of one version, with explanations if those were
 * requested
 */
export function inferResponse(
  modelName: string,
  id: string,
  requested: readonly RequestedOutput[],
  predictions: readonly Prediction[],
): ModelInferResponseInput {
  const { card } = predictions[0]!;
  const outputs = requested.map((output) =>
    output.name === OUTPUT ? probabilitiesOutput(output.topClasses, predictions) : explanationOutput(predictions),
  );
  return {
    modelName,
    modelVersion: card.version,
    id,
    parameters: {
      model_hash: { stringParam: card.weightsHash },
      prediction_ids: { stringParam: predictions.map(({ predictionId }) => predictionId).join(',') },
    },
    outputs: outputs.map(({ tensor }) => tensor),
    rawOutputContents: outputs.map(({ raw }) => raw),
  };
}

/** An output's description and its content. */
interface RawOutput {
  tensor: NonNullable<ModelInferResponseInput['outputs']>[number];
  raw: Buffer;
}

function probabilitiesOutput(topClasses: number | undefined, predictions: readonly Prediction[]): RawOutput {
  const width = Math.min(topClasses ?? Infinity, predictions[0]!.card.classes.length);
  const shape = [predictions.length, width];
  if (topClasses === undefined)
    return { tensor: { name: OUTPUT, datatype: 'FP32', shape }, raw: rawProbabilities(predictions) };
  return {
    tensor: { name: OUTPUT, datatype: 'BYTES', shape },
    raw: joinElements(
      predictions.flatMap((prediction) => likeliest(prediction, width)).map((text) => Buffer.from(text)),
    ),
  };
}

const explanationOutput = (predictions: readonly Prediction[]): RawOutput => ({
  tensor: { name: EXPLANATION_OUTPUT, datatype: 'BYTES', shape: [predictions.length] },
  raw: joinElements(predictions.map(({ explanation }) => explanation!.png)),
});

function rawProbabilities(predictions: readonly Prediction[]): Buffer {
  return Buffer.concat(
    predictions.map(({ probabilities }) =>
      Buffer.from(probabilities.buffer, probabilities.byteOffset, probabilities.byteLength),
    ),
  );
}

/** "probability:index:name" of the `count` most probable classes. */
function likeliest({ probabilities, card }: Prediction, count: number): string[] {
  return [...probabilities.keys()]
    .sort((left, right) => probabilities[right]! - probabilities[left]!)
    .slice(0, count)
    .map((index) => `${probabilities[index]!.toFixed(6)}:${index}:${card.classes[index]}`);
}
