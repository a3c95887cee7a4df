import type { Handlers } from '#libs/rpc';
import type { ServingContext } from '../../serving/context.js';
import type { Studies } from '../../studies/studies.js';
import { predictHandler } from './predict.js';
import { predictStoredStudyHandler, predictStudyHandler } from './predict-study.js';
import { predictStreamHandler } from './predict-stream.js';

/** `sulcus.v1.Predictor`. @param window images of one stream that are worked on at a time */
export function predictorHandlers(
  context: ServingContext,
  { studies, window }: { studies: Studies; window: number },
): Handlers<'Predictor'> {
  return {
    predict: predictHandler(context),
    predictStream: predictStreamHandler(context, window),
    predictStudy: predictStudyHandler(studies),
    predictStoredStudy: predictStoredStudyHandler(studies),
  };
}
