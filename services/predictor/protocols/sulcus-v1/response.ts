import type { PredictResponseInput } from '#libs/contracts';
import type { Prediction } from '../../serving/prediction.js';

/** The answer on the wire to the request named `name`. */
export function predictResponse(name: string, prediction: Prediction): PredictResponseInput {
  const { card, probabilities, predicted, predictionId, prepareMs, inferenceMs, explanation } = prediction;
  return {
    name,
    probabilities: card.classes.map((className, index) => ({ className, probability: probabilities[index]! })),
    predictedClass: card.classes[predicted],
    modelVersion: card.version,
    modelHash: card.weightsHash,
    predictionId,
    prepareMs,
    inferenceMs,
    temperature: card.calibration?.temperature ?? 1,
    explanation,
  };
}
