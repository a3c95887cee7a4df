import type { ExplanationRequest, PredictRequest } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ExplanationOptions } from '../../explanations/explanation.js';
import type { AdmissionRequest } from '../../serving/admission.js';
import type { ImageRequest } from '../../serving/predict-image.js';
import type { RequestOrigin } from '../../serving/prediction.js';
import { toPriority } from '../../serving/priority.js';

/** What a request asks for. @throws INVALID_ARGUMENT for a priority or a form of explanation that does not exist */
export function imageRequest({ image, name, priority, explain }: PredictRequest): ImageRequest & {
  origin: RequestOrigin;
} {
  return {
    input: { format: 'encoded', bytes: image },
    priority: toPriority(priority),
    explain: explain ? explanationOptions(explain) : undefined,
    origin: { protocol: 'sulcus.v1', name },
  };
}

/** What admission must know of a request. */
export function admissionRequest({ image, explain }: PredictRequest): AdmissionRequest {
  return { sizeBytes: image.byteLength, explained: explain !== null };
}

function explanationOptions({ className, form }: ExplanationRequest): ExplanationOptions {
  switch (form) {
    case 'EXPLANATION_FORM_OVERLAY':
      return { className, form: 'overlay' };
    case 'EXPLANATION_FORM_HEAT_MAP':
      return { className, form: 'heat-map' };
    default:
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `Form ${String(form)}: an explanation is an overlay (0) or a heat map (1)`,
      );
  }
}
