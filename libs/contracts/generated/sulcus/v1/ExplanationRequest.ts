// Original file: proto/sulcus/v1/predictor.proto

import type { ExplanationFormInput as _sulcus_v1_ExplanationFormInput, ExplanationForm as _sulcus_v1_ExplanationForm } from '../../sulcus/v1/ExplanationForm.js';

/**
 * Which picture is wanted with a prediction.
 */
export interface ExplanationRequestInput {
  /**
   * Class to explain, by name; empty: the predicted one. INVALID_ARGUMENT when the model has no such class.
   */
  'className'?: (string);
  /**
   * What the picture shows.
   */
  'form'?: (_sulcus_v1_ExplanationFormInput);
}

/**
 * Which picture is wanted with a prediction.
 */
export interface ExplanationRequest {
  /**
   * Class to explain, by name; empty: the predicted one. INVALID_ARGUMENT when the model has no such class.
   */
  'className': (string);
  /**
   * What the picture shows.
   */
  'form': (_sulcus_v1_ExplanationForm);
}
