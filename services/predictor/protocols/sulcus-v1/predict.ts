import type { PredictResponseInput } from '#libs/contracts';
import type { Handlers } from '#libs/rpc';
import type { Admission } from '../../serving/admission.js';
import { toPriority } from '../../serving/priority.js';
import { explanationOrder } from '../../explanations/explain.js';
import { admitted, predictImage, type PredictionContext } from '../../serving/prediction.js';
import { origin, toResponse } from './response.js';

/** `Predict`: one image, one answer. A full predictor refuses before it does any work. */
export function predictHandler(context: PredictionContext, admission: Admission): Handlers<'Predictor'>['predict'] {
  return async ({ image, name, priority, explain }, { signal }) => {
    const urgency = toPriority(priority);
    const order = explanationOrder(explain);
    const work = async (): Promise<PredictResponseInput> =>
      toResponse(
        name,
        await predictImage(context, { image, origin: origin(name), priority: urgency, explain: order }, signal),
      );
    return await admitted(context, admission, image.byteLength, work, { explained: order !== undefined });
  };
}
