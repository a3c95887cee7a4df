import type { StudyAbstentionReason } from '#libs/contracts';
import { aggregate, findingProbability, mean, type Distribution } from './aggregate.js';
import type { ResolvedOptions } from './options.js';
import { disagreement, mutualInformation, relativeEntropy, standardDeviation } from './uncertainty.js';

/** One slice's probabilities in each view, the unchanged one first. */
export type SliceViews = readonly Distribution[];

/** What follows from a study. `undecided`: no class is known to be normal. */
export type Decision = 'finding' | 'no-finding' | 'abstained' | 'undecided';

export interface Abstention {
  reason: StudyAbstentionReason;
  /** The figure and its limit, in a sentence. */
  message: string;
}

/** What the slices of a study say together. */
export interface Assessment {
  probabilities: Distribution;
  /** Index of the highest probability. */
  predicted: number;
  /** Undefined when no class is known to be normal. */
  anyFinding: { probability: number; standardDeviation: number } | undefined;
  decision: Decision;
  abstentions: readonly Abstention[];
  /** Of each slice: mean over its views. */
  slices: readonly Distribution[];
  /** Indices of the slices that the aggregation looked at. */
  used: readonly number[];
  uncertainty: {
    entropy: number;
    meanSliceEntropy: number;
    disagreement: number;
    /** Of each class's probability over the views; empty with one view. */
    standardDeviations: readonly number[];
    /** Mean over the slices, nats. */
    mutualInformation: number;
  };
}

/**
 * Puts the slices of a study together and decides. A study's deviation over the views is that of the studies that each
 * view alone would make.
 *
 * @param slices usable ones, at least one; all with the same number of views
 * @param failed slices that could not be used
 */
export function assess(slices: readonly SliceViews[], failed: number, options: ResolvedOptions): Assessment {
  const { indices: normal } = options.normal;
  const rule = { aggregation: options.aggregation, topK: options.topK, normal };
  const means = slices.map((views) => mean(views));
  const { probabilities, used } = aggregate(means, rule);
  const studies = slices[0]!.map(
    (_, view) =>
      aggregate(
        slices.map((views) => views[view]!),
        rule,
      ).probabilities,
  );
  const finding = findingProbability(probabilities, normal);
  const uncertainty = {
    entropy: relativeEntropy(probabilities),
    meanSliceEntropy: average(means.map(relativeEntropy)),
    disagreement: disagreement(means, normal, options.threshold),
    standardDeviations:
      studies.length === 1
        ? []
        : probabilities.map((_, index) => standardDeviation(studies.map((study) => study[index]!))),
    mutualInformation: average(slices.map(mutualInformation)),
  };
  const abstentions = abstentionsOf(
    { usable: slices.length, failed, highest: Math.max(...probabilities), uncertainty },
    options,
  );
  return {
    probabilities,
    predicted: probabilities.indexOf(Math.max(...probabilities)),
    anyFinding:
      normal.length === 0
        ? undefined
        : {
            probability: finding,
            standardDeviation: standardDeviation(studies.map((study) => findingProbability(study, normal))),
          },
    decision:
      abstentions.length > 0
        ? 'abstained'
        : normal.length === 0
          ? 'undecided'
          : finding >= options.threshold
            ? 'finding'
            : 'no-finding',
    abstentions,
    slices: means,
    used,
    uncertainty,
  };
}

interface Grounds {
  usable: number;
  failed: number;
  /** Highest probability of the study. */
  highest: number;
  uncertainty: Pick<Assessment['uncertainty'], 'meanSliceEntropy' | 'disagreement'>;
}

/** Why nothing should be concluded; empty: nothing speaks against it. */
export function abstentionsOf(
  { usable, failed, highest, uncertainty }: Grounds,
  { limits }: Pick<ResolvedOptions, 'limits'>,
): Abstention[] {
  const { minSlices, maxEntropy, minProbability, maxDisagreement, maxFailedFraction } = limits;
  const { meanSliceEntropy, disagreement: disagreeing } = uncertainty;
  const failedFraction = failed / (usable + failed);
  const rules: [boolean, StudyAbstentionReason, string][] = [
    [usable < minSlices, 'REASON_TOO_FEW_SLICES', `${usable} usable slices; at least ${minSlices} are needed`],
    [
      failedFraction > maxFailedFraction,
      'REASON_TOO_MANY_FAILED_SLICES',
      `${failed} of ${usable + failed} slices could not be used; at most ${percent(maxFailedFraction)} may fail`,
    ],
    [
      meanSliceEntropy > maxEntropy,
      'REASON_HIGH_ENTROPY',
      `the slices are answered with ${percent(meanSliceEntropy)} of the highest possible entropy, ` +
        `more than ${percent(maxEntropy)}: probably not what the model knows`,
    ],
    [
      highest < minProbability,
      'REASON_LOW_PROBABILITY',
      `the most probable class has ${percent(highest)}, less than ${percent(minProbability)}`,
    ],
    [
      disagreeing > maxDisagreement,
      'REASON_DISAGREEMENT',
      `${percent(disagreeing)} of the slices with a finding show another than most do, ` +
        `more than ${percent(maxDisagreement)}`,
    ],
  ];
  return rules.filter(([applies]) => applies).map(([, reason, message]) => ({ reason, message }));
}

const average = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const percent = (fraction: number): string => `${(100 * fraction).toFixed(1)} %`;
