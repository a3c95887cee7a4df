import type { PredictStudyRequest, StudyPredictionInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Handlers } from '#libs/rpc';
import type { Arrival } from '../../studies/arriving-studies.js';
import type { Studies } from '../../studies/studies.js';
import type { StudySlice } from '../../studies/study.js';

/**
 * `PredictStudy`: collects the slices, then predicts all of them with one version. A study that is still being sent
 * takes no place of those in work.
 */
export function predictStudyHandler(studies: Studies): Handlers<'Predictor'>['predictStudy'] {
  return async (requests, { signal }) => {
    await studies.assertReady(signal);
    return await studies.arriving.receive(signal, async (arrival) => {
      const { header, slices } = await collect(requests, arrival, studies);
      if (slices.length === 0) throw new SulcusError('INVALID_ARGUMENT', 'The study has no slices');
      const study = { studyId: header?.studyId ?? '', slices, slicesLeftOut: 0 };
      const predict = (): Promise<StudyPredictionInput> => studies.predict(study, header?.options, arrival.signal);
      return { prediction: assertUsable(await studies.admit(arrival.signal, predict)) };
    });
  };
}

/** `PredictStoredStudy`: the slices are those that were ingested. */
export function predictStoredStudyHandler(studies: Studies): Handlers<'Predictor'>['predictStoredStudy'] {
  return ({ studyId, options }, { signal }) =>
    studies.admit(signal, async () => {
      if (studyId === '') throw new SulcusError('INVALID_ARGUMENT', 'The request names no study');
      return {
        prediction: assertUsable(await studies.predict(await studies.stored(studyId, signal), options, signal)),
      };
    });
}

/**
 * @throws INVALID_ARGUMENT for options that cannot be used, messages out of order, more slices or more bytes than are
 * taken; BACKPRESSURE when too much is being sent at once, DEADLINE_EXCEEDED when slices come too slowly
 */
async function collect(
  requests: AsyncIterable<PredictStudyRequest>,
  arrival: Arrival,
  studies: Studies,
): Promise<{ header: PredictStudyRequest['study']; slices: StudySlice[] }> {
  const { maxSlices, maxBytes } = studies.limits;
  let header: PredictStudyRequest['study'];
  const slices: StudySlice[] = [];
  let sizeBytes = 0;
  let first = true;
  for await (const { study, slice } of arrival.inTime(requests)) {
    if (study && !first)
      throw new SulcusError('INVALID_ARGUMENT', 'What is said of the study comes first, once, before its slices');
    if (!study && !slice)
      throw new SulcusError(
        'INVALID_ARGUMENT',
        'A message of the study is empty: it holds neither options nor a slice',
      );
    first = false;
    if (study) studies.checkOptions(study.options);
    header ??= study;
    if (!slice) continue;
    const { name, image } = slice;
    sizeBytes += image.byteLength;
    if (slices.length === maxSlices)
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `The study has more than ${maxSlices} slices: send fewer, or raise SULCUS_STUDY_MAX_SLICES`,
      );
    if (sizeBytes > maxBytes)
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `The slices have more than ${maxBytes} bytes together: send fewer, or raise SULCUS_STUDY_MAX_BYTES`,
      );
    arrival.take(image.byteLength);
    slices.push({ name, load: async () => image });
  }
  return { header, slices };
}

/** @throws INVALID_ARGUMENT with the first reason when no slice could be used */
function assertUsable(prediction: StudyPredictionInput): StudyPredictionInput {
  const slices = prediction.slices ?? [];
  if (slices.some(({ error }) => !error)) return prediction;
  const { code, message } = slices[0]!.error!;
  throw new SulcusError(
    'INVALID_ARGUMENT',
    `None of ${slices.length} slices could be used; the first: ${code}: ${message}`,
  );
}
