import { randomUUID } from 'node:crypto';
import type { SlicePredictionInput, StudyDecision, StudyPredictionInput } from '#libs/contracts';
import { findingProbability } from './aggregate.js';
import { assess, type Assessment, type Decision } from './assess.js';
import { toWireOptions } from './options.js';
import type { AnsweredStudy } from './predict-study.js';
import { sliceSetHash, type SliceAnswer, type Study } from './study.js';
import { summarise } from './summary.js';
import { relativeEntropy } from './uncertainty.js';

const DECISIONS = {
  undecided: 'STUDY_DECISION_UNSPECIFIED',
  'no-finding': 'STUDY_DECISION_NO_FINDING',
  finding: 'STUDY_DECISION_FINDING',
  abstained: 'STUDY_DECISION_ABSTAINED',
} as const satisfies Record<Decision, StudyDecision>;

/**
 * Message of a study's prediction: what its slices say together. Without a usable slice it abstains and has no
 * probabilities.
 */
export function toStudyPrediction({ studyId, slicesLeftOut }: Study, answered: AnsweredStudy): StudyPredictionInput {
  const { card, options, answers } = answered;
  const views = answers.flatMap((answer) =>
    'predictions' in answer ? [answer.predictions.map(({ probabilities }) => Array.from(probabilities))] : [],
  );
  const failed = answers.length - views.length;
  const assessment = views.length === 0 ? undefined : assess(views, failed, options);
  const none = { reason: 'REASON_TOO_FEW_SLICES', message: `none of ${failed} slices could be used` } as const;
  const sampleIds = answers.map(sampleIdOf);
  return {
    studyPredictionId: randomUUID(),
    studyId,
    sliceSetHash: sliceSetHash(sampleIds),
    modelVersion: card.version,
    modelHash: card.weightsHash,
    temperature: card.calibration?.temperature ?? 1,
    options: toWireOptions(options),
    normalClassesSource: options.normal.source,
    decision: DECISIONS[assessment?.decision ?? 'abstained'],
    abstentions: assessment ? [...assessment.abstentions] : [none],
    slices: toSlices(answered, assessment, sampleIds),
    slicesLeftOut,
    summary: summarise(assessment, answered),
    predictedUnixMs: Date.now(),
    ...(assessment && {
      probabilities: card.classes.map((className, index) => ({
        className,
        probability: assessment.probabilities[index]!,
      })),
      predictedClass: card.classes[assessment.predicted],
      uncertainty: {
        ...assessment.uncertainty,
        standardDeviations: [...assessment.uncertainty.standardDeviations],
        views: options.views,
      },
      ...(assessment.anyFinding && { anyFinding: { ...assessment.anyFinding, threshold: options.threshold } }),
    }),
  };
}

/** Empty for a slice that was never read. */
function sampleIdOf(answer: SliceAnswer): string {
  if ('predictions' in answer) return answer.predictions[0]!.sampleId;
  const { sampleId } = answer.error.details;
  return answer.slice.sampleId ?? (typeof sampleId === 'string' ? sampleId : '');
}

function toSlices(
  { answers, options }: AnsweredStudy,
  assessment: Assessment | undefined,
  sampleIds: readonly string[],
): SlicePredictionInput[] {
  const used = new Set(assessment?.used);
  let usable = 0;
  return answers.map((answer, place) => {
    const { name, scanSequence = 0 } = answer.slice;
    const identity = { name, scanSequence, sampleId: sampleIds[place] };
    if ('error' in answer)
      return { ...identity, error: { name, code: answer.error.code, message: answer.error.rawMessage } };
    const index = usable++;
    const probabilities = assessment!.slices[index]!;
    return {
      ...identity,
      probabilities: [...probabilities],
      finding: options.normal.indices.length === 0 ? 0 : findingProbability(probabilities, options.normal.indices),
      entropy: relativeEntropy(probabilities),
      predictionIds: answer.predictions.map(({ predictionId }) => predictionId),
      used: used.has(index),
    };
  });
}
