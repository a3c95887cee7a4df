import type { StudyDecision, StudyPrediction } from '#libs/contracts';
import { table } from '#libs/service';
import { percent } from '../../shared/percent.js';

const DECISIONS: Readonly<Record<StudyDecision, string>> = {
  STUDY_DECISION_UNSPECIFIED: 'none',
  STUDY_DECISION_NO_FINDING: 'no finding',
  STUDY_DECISION_FINDING: 'finding',
  STUDY_DECISION_ABSTAINED: 'abstained',
};

/** A study's prediction for people: what follows, the classes, the slices. Text that ends in a line break. */
export function formatStudy(prediction: StudyPrediction): string {
  const { studyId, revision, modelVersion, temperature, summary, decision, slices, slicesLeftOut } = prediction;
  const calibrated = temperature === 1 ? 'not calibrated' : `temperature ${temperature.toFixed(3)}`;
  return [
    `study      ${studyId}${revision > 0 ? `, revision ${revision}` : ''}`,
    `model      ${modelVersion}, ${calibrated}`,
    `decision   ${DECISIONS[decision]}`,
    summary,
    '',
    ...classTable(prediction),
    '',
    ...sliceTable(prediction),
    ...(slicesLeftOut > 0 ? [`${slicesLeftOut} slices more were left out, beyond the first ${slices.length}`] : []),
    '',
  ].join('\n');
}

function classTable({ probabilities, uncertainty, options }: StudyPrediction): string[] {
  const deviations = uncertainty?.standardDeviations ?? [];
  const rows = probabilities.map(({ className, probability }, index) => [
    className,
    percent(probability),
    ...(deviations.length > 0 ? [`± ${percent(deviations[index]!)}`] : []),
    ...(options?.normalClasses.includes(className) ? ['(normal)'] : []),
  ]);
  return table([['class', 'probability'], ...rows]);
}

function sliceTable({ slices, probabilities }: StudyPrediction): string[] {
  const rows = slices.map(({ name, probabilities: own, finding, entropy, used, error }) => {
    if (error) return [name, error.code, '', '', error.message];
    const highest = Math.max(...own);
    return [
      name,
      probabilities[own.indexOf(highest)]!.className,
      percent(highest),
      percent(finding),
      `${percent(entropy)}${used ? '  used' : ''}`,
    ];
  });
  return table([['slice', 'class', 'probability', 'any finding', 'entropy'], ...rows]);
}
