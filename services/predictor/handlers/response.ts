import type { PredictResponseInput } from '#libs/contracts';
import type { Prediction } from '../prediction.js';

/** The answer on the wire to the request named `name`. */
export function toResponse(name: string, prediction: Prediction): PredictResponseInput {
  const { card, probabilities, predicted, predictionId, prepareMs, inferenceMs } = prediction;
  return {
    name,
    probabilities: card.classes.map((className, index) => ({ className, probability: probabilities[index]! })),
    predictedClass: card.classes[predicted],
    modelVersion: card.version,
    modelHash: card.weightsHash,
    predictionId,
    prepareMs,
    inferenceMs,
  };
}
