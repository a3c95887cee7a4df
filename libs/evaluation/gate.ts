import { SulcusError } from '#libs/errors';
import { exactMcNemar, pairCount, pairOutcomes, pairedDifferenceInterval, type PairedOutcomes } from './paired-test.js';

/** What one model answered to the samples of the gate, in the same order for all models. */
export interface GateAnswers {
  /** Name of the version, for the sentences. */
  version: string;
  /** Index of the class with the highest probability, per sample; -1: a class that the judge does not know. */
  predicted: readonly number[];
  /** Mean cross-entropy in nats: not what decides, but it must be a number. */
  loss: number;
  /** Expected calibration error at the version's own temperature, 0 to 1. */
  calibrationError: number;
}

export interface GatePolicy {
  /** Fewer samples than this decide nothing. */
  minimumSamples: number;
  /** A candidate is better when chance alone would do as well in at most this share of cases. */
  significance: number;
  /** A class may lose at most this share of its right answers, where the loss is more than chance. */
  maximumClassDrop: number;
  /** Expected calibration error may rise by at most this. */
  maximumCalibrationRise: number;
}

export const DEFAULT_GATE_POLICY: GatePolicy = {
  minimumSamples: 100,
  significance: 0.05,
  maximumClassDrop: 0.05,
  maximumCalibrationRise: 0.05,
};

/** How sure it must be that a class got worse before that forbids a promotion. */
const CLASS_SIGNIFICANCE = 0.1;

export interface GateVerdict {
  promote: boolean;
  /** A sentence with the figures that decided. */
  reason: string;
  outcomes?: PairedOutcomes;
  /** Accuracy of the candidate minus that of the champion, and its 95 % interval. */
  difference?: number;
  interval?: [low: number, high: number];
  pValue?: number;
  /** How many more samples are needed to decide at all. */
  missingSamples?: number;
}

const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`;
const signed = (share: number): string => `${share < 0 ? '−' : '+'}${(Math.abs(share) * 100).toFixed(1)}`;

/**
 * Decides whether a candidate takes the champion's place: only when it answers the same samples better than chance
 * explains, no class loses by it, it does not give one answer to everything, and its probabilities can be trusted as
 * much as the champion's.
 *
 * @param labels true class per sample
 * @param classNames of the indices, for the sentences
 * @param looks how often this gate set has been asked before: said in the reason, since many looks wear a set out
 * @throws MODEL_INVALID when a loss is no finite number: that is an error, never a decision
 */
export function judge(
  labels: readonly number[],
  candidate: GateAnswers,
  champion: GateAnswers | undefined,
  {
    classNames,
    looks = 0,
    policy = DEFAULT_GATE_POLICY,
  }: { classNames: readonly string[]; looks?: number; policy?: GatePolicy },
): GateVerdict {
  for (const answers of champion ? [candidate, champion] : [candidate]) assertFinite(answers);
  const right = rightAnswers(candidate, labels);
  const accuracy = right.filter(Boolean).length / Math.max(1, labels.length);
  const constant = onlyPredicted(candidate.predicted, labels);
  const own = `${percent(accuracy)} right of ${labels.length}`;
  if (!champion) {
    const warning = constant === undefined ? '' : `; it answers ${classNames[constant]} to everything`;
    return { promote: true, reason: `there is no champion yet; ${own}${warning}` };
  }
  const missingSamples = policy.minimumSamples - labels.length;
  if (missingSamples > 0) {
    return {
      promote: false,
      missingSamples,
      reason: `too few samples: ${missingSamples} more needed (${labels.length} of ${policy.minimumSamples})`,
    };
  }
  const championRight = rightAnswers(champion, labels);
  const outcomes = pairOutcomes(right, championRight);
  const count = pairCount(outcomes);
  const difference = (outcomes.onlyFirstRight - outcomes.onlySecondRight) / count;
  const interval = pairedDifferenceInterval(outcomes);
  const pValue = exactMcNemar(outcomes);
  const figures = { outcomes, difference, interval, pValue };
  const comparison =
    `${own} against ${percent(accuracy - difference)} of ${champion.version}: ${signed(difference)} points ` +
    `(95 % interval ${signed(interval[0])} to ${signed(interval[1])}), ` +
    `better on ${outcomes.onlyFirstRight} and worse on ` +
    `${outcomes.onlySecondRight}, p = ${pValue.toPrecision(2)}, look ${looks + 1} at this set`;
  const verdict = (promote: boolean, why: string): GateVerdict => ({
    promote,
    reason: `${why}: ${comparison}`,
    ...figures,
  });

  if (constant !== undefined) return verdict(false, `it answers ${classNames[constant]} to everything`);
  if (pValue > policy.significance)
    return verdict(false, difference > 0 ? 'not better by more than chance' : 'not better');
  const losing = worstClass(labels, right, championRight, policy.maximumClassDrop);
  if (losing) return verdict(false, `better, but ${classNames[losing.index]} loses ${percent(losing.drop)}`);
  const rise = candidate.calibrationError - champion.calibrationError;
  if (rise > policy.maximumCalibrationRise)
    return verdict(false, `better, but its calibration error is ${percent(rise)} higher`);
  return verdict(true, 'better');
}

/**
 * Whether a learner should return to the champion: it is worse than it by more than chance explains (one-sided, 10 %).
 */
export function isSignificantlyWorse(outcomes: PairedOutcomes, significance = 0.1): boolean {
  const { onlyFirstRight, onlySecondRight } = outcomes;
  return (
    exactMcNemar({ ...outcomes, onlyFirstRight: onlySecondRight, onlySecondRight: onlyFirstRight }) <= significance
  );
}

function assertFinite({ version, loss, calibrationError }: GateAnswers): void {
  if (Number.isFinite(loss) && Number.isFinite(calibrationError)) return;
  throw new SulcusError(
    'MODEL_INVALID',
    `${version} answers with losses that are not finite: its figures cannot be compared`,
    {
      details: { version, loss: String(loss) },
    },
  );
}

const rightAnswers = ({ version, predicted }: GateAnswers, labels: readonly number[]): boolean[] => {
  if (predicted.length !== labels.length) {
    throw new SulcusError('INVALID_ARGUMENT', `${version} answered ${predicted.length} of ${labels.length} samples`);
  }
  return labels.map((label, index) => predicted[index] === label);
};

/** The class that every sample was predicted as, where samples of several classes were asked. */
function onlyPredicted(predicted: readonly number[], labels: readonly number[]): number | undefined {
  const [first] = predicted;
  return first !== undefined && first >= 0 && new Set(predicted).size === 1 && new Set(labels).size > 1
    ? first
    : undefined;
}

/** The class that loses most, if one loses more than it may and more than chance explains. */
function worstClass(
  labels: readonly number[],
  candidate: readonly boolean[],
  champion: readonly boolean[],
  maximumDrop: number,
): { index: number; drop: number } | undefined {
  const drops = [...new Set(labels)].map((index) => {
    const rows = labels.flatMap((label, row) => (label === index ? [row] : []));
    const outcomes = pairOutcomes(
      rows.map((row) => champion[row]!),
      rows.map((row) => candidate[row]!),
    );
    const drop = (outcomes.onlyFirstRight - outcomes.onlySecondRight) / rows.length;
    return { index, drop, certain: exactMcNemar(outcomes) <= CLASS_SIGNIFICANCE };
  });
  return drops.filter(({ drop, certain }) => certain && drop > maximumDrop).sort((a, b) => b.drop - a.drop)[0];
}
