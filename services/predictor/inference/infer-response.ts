import type { InferRequestedOutputTensor, ModelInferRequest, ModelInferResponseInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Prediction } from '../prediction.js';
import { integerParameter } from './parameters.js';
import { joinTexts, OUTPUT } from './tensors.js';

/** How the caller wants the output: numbers, or the names of so many classes. */
export interface OutputOrder {
  /** Classes per image, most probable first, as texts; undefined: probabilities. */
  topClasses: number | undefined;
}

/** @throws INVALID_ARGUMENT for an output that does not exist; UNIMPLEMENTED for shared memory */
export function requestedOutput({ outputs }: ModelInferRequest): OutputOrder {
  const [output] = outputs;
  if (!output) return { topClasses: undefined };
  if (outputs.length > 1) throw new SulcusError('INVALID_ARGUMENT', `The request asks for ${outputs.length} outputs: there is one, "${OUTPUT}"`);
  if (output.name !== OUTPUT) throw new SulcusError('INVALID_ARGUMENT', `There is no output "${output.name}": the output is "${OUTPUT}"`);
  if ('shared_memory_region' in output.parameters) throw new SulcusError('UNIMPLEMENTED', 'Tensors in shared memory are not served: outputs come with the answer');
  return { topClasses: topClasses(output) };
}

function topClasses({ parameters }: InferRequestedOutputTensor): number | undefined {
  const count = integerParameter(parameters, 'classification');
  if (count !== undefined && count < 1) throw new SulcusError('INVALID_ARGUMENT', `Parameter "classification" is ${count}: it is the number of classes, at least 1`);
  return count;
}

/**
 * The answer to a request, raw, because stock clients read nothing else.
 *
 * @param predictions of the request's images, at least one, all of one version
 */
export function inferResponse(modelName: string, id: string, { topClasses }: OutputOrder, predictions: readonly Prediction[]): ModelInferResponseInput {
  const { card } = predictions[0]!;
  const width = Math.min(topClasses ?? Infinity, card.classes.length);
  return {
    modelName,
    modelVersion: card.version,
    id,
    parameters: {
      model_hash: { stringParam: card.weightsHash },
      prediction_ids: { stringParam: predictions.map(({ predictionId }) => predictionId).join(',') },
    },
    outputs: [{ name: OUTPUT, datatype: topClasses === undefined ? 'FP32' : 'BYTES', shape: [predictions.length, width] }],
    rawOutputContents: [topClasses === undefined ? rawProbabilities(predictions) : joinTexts(predictions.flatMap((prediction) => likeliest(prediction, width)))],
  };
}

function rawProbabilities(predictions: readonly Prediction[]): Buffer {
  return Buffer.concat(predictions.map(({ probabilities }) => Buffer.from(probabilities.buffer, probabilities.byteOffset, probabilities.byteLength)));
}

/** "probability:index:name" of the `count` most probable classes. */
function likeliest({ probabilities, card }: Prediction, count: number): string[] {
  return [...probabilities.keys()]
    .sort((left, right) => probabilities[right]! - probabilities[left]!)
    .slice(0, count)
    .map((index) => `${probabilities[index]!.toFixed(6)}:${index}:${card.classes[index]}`);
}
