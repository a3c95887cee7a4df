import type { Handlers } from '#libs/rpc';
import type { ServingContext } from '../../serving/context.js';
import { predictImage } from '../../serving/predict.js';
import { admissionRequest, imageRequest } from './request.js';
import { predictResponse } from './response.js';

/** `Predict`: one image, one answer. A full predictor rejects it before it does any work. */
export function predictHandler(context: ServingContext): Handlers<'Predictor'>['predict'] {
  return async (request, { signal }) => {
    const image = imageRequest(request);
    return await context.admission.admit(admissionRequest(request), async () =>
      predictResponse(request.name, await predictImage(context, image, signal)),
    );
  };
}
