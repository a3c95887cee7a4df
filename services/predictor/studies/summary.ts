import type { Assessment } from './assess.js';
import type { AnsweredStudy } from './predict-study.js';

/** The result in a few sentences, for people. Undefined assessment: no slice could be used. */
export function summarise(assessment: Assessment | undefined, { card, options, answers }: AnsweredStudy): string {
  if (!assessment) return `No conclusion: none of ${answers.length} slices could be used.`;
  const { probabilities, predicted, anyFinding, decision, abstentions, slices } = assessment;
  const how = options.aggregation === 'top-k-mean' ? `top-${options.topK} mean` : options.aggregation;
  const mostProbable = `Most probable: ${card.classes[predicted]!} (${percent(probabilities[predicted]!)}).`;
  const basis = `${mostProbable} ${slices.length} of ${answers.length} slices usable, put together by ${how}.`;
  const any = anyFinding && `The probability of any finding is ${percent(anyFinding.probability)}`;
  switch (decision) {
    case 'abstained':
      return `No conclusion: ${abstentions.map(({ message }) => message).join('; ')}. ${any ? `${any}. ` : ''}${basis}`;
    case 'finding':
      return `${any}, at or above the threshold of ${percent(options.threshold)}: investigate further. ${basis}`;
    case 'no-finding':
      return `${any}, below the threshold of ${percent(options.threshold)}. ${basis}`;
    case 'undecided':
      return `${basis} No class is known to be normal, so there is nothing to decide.`;
  }
}

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
