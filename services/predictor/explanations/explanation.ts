import type { Explanation as ExplanationMessage, ExplanationInput } from '#libs/contracts';
import type { HeatMapForm } from '#libs/imaging';

/** What a caller wants explained. */
export interface ExplanationOptions {
  /** Empty: the class with the highest probability. */
  className: string;
  form: HeatMapForm;
}

/** What in an image speaks for a class, as it goes on the wire. */
export type Explanation = ExplanationInput & Pick<ExplanationMessage, 'png'>;
