import { isSignificantlyWorse, judge, pairOutcomes, type GatePolicy, type GateVerdict } from '#libs/evaluation';
import { figuresOf, type AnsweredModel, type AnswerFigures } from './figures.js';
import type { HeldOutSample } from './held-out.js';

/** The version that a candidate must be better than: with its answers, or why it has none to compare with. */
export type Opponent =
  | (AnsweredModel & { unproven: boolean; unusable?: undefined })
  | { name: string; unusable: string; answers?: undefined };

/** What the judge said. */
export interface Verdict extends GateVerdict {
  /** Nothing was decided, for the two could not be compared: people may want the version. */
  undecided: boolean;
}

export interface VerdictOptions {
  /** Class names that the samples' labels refer to: the candidate's. */
  classes: readonly string[];
  /** Comparisons made on this set before. */
  looks: number;
  policy: GatePolicy;
}

const ADVICE = 'to use this version all the same, move the alias with sulcus promote';

/** Why a candidate cannot be compared with a champion by their class lists; undefined: it can. */
export function incomparable(candidate: readonly string[], champion: readonly string[]): string | undefined {
  const lost = champion.filter((name) => !candidate.includes(name));
  if (lost.length === 0) return undefined;
  return `its classes are ${champion.join(', ')}, and this run does not know ${lost.join(', ')}`;
}

/**
 * Whether a candidate takes an opponent's place, with the figures in a sentence. It knows all of the opponent's
 * classes, in whatever order. Samples of classes that only the candidate knows count too, for the opponent errs on
 * them; but on the classes that both know it must not be worse.
 *
 * @param samples answered by both
 * @param own the candidate's figures; undefined when there are no samples
 * @throws MODEL_INVALID when the candidate's figures are not finite
 */
export function reachVerdict(
  samples: readonly HeldOutSample[],
  own: AnswerFigures | undefined,
  opponent: Opponent | undefined,
  { classes, looks, policy }: VerdictOptions,
): Verdict {
  if (!own) return unanswered(opponent);
  const labels = samples.map(({ classIndex }) => classIndex);
  const judged = { classNames: classes, looks, policy };
  // Asked without an opponent first, the judge refuses figures that are no numbers, whatever else there is to say.
  const alone = judge(labels, own, undefined, judged);
  if (!opponent) return { ...alone, undecided: false };
  const { name } = opponent;
  const undecided = (why: string): Verdict => {
    const figures = `${(own.accuracy * 100).toFixed(1)} % right of ${samples.length}`;
    return { promote: false, undecided: true, reason: `${figures}; not compared with ${name}: ${why}; ${ADVICE}` };
  };
  if (opponent.unusable !== undefined) return undecided(opponent.unusable);
  const shared = labels.flatMap((label, row) => (opponent.classes.includes(classes[label]!) ? [row] : []));
  if (shared.length === 0) return undecided('none of the samples is of a class that it knows');
  const its = figuresOf(samples, opponent, classes);
  if (!Number.isFinite(its.loss) || !Number.isFinite(its.calibrationError))
    return undecided('its answers are not finite numbers');

  const verdict = judge(labels, own, its, opponent.unproven ? { ...judged, policy: besideUnproven(policy) } : judged);
  if (verdict.missingSamples !== undefined)
    return { ...verdict, undecided: true, reason: `${verdict.reason}; ${ADVICE}` };
  if (shared.length === labels.length) return { ...verdict, undecided: false };
  const rightOf = ({ predicted }: AnswerFigures): boolean[] => shared.map((row) => predicted[row] === labels[row]);
  const worse = isSignificantlyWorse(pairOutcomes(rightOf(own), rightOf(its)));
  const extra = classes.filter((className) => !opponent.classes.includes(className)).join(', ');
  return {
    ...verdict,
    undecided: false,
    promote: verdict.promote && !worse,
    reason:
      `${worse ? `worse on the classes that ${name} knows; over all ` : ''}${verdict.reason}; ` +
      `${labels.length - shared.length} samples are of classes that it does not know (${extra})`,
  };
}

/**
 * What counts beside a champion that was taken for want of any other. One that answers a class too often is right on
 * most of that class: no better model would ever get past it if none of these answers could be lost.
 */
const besideUnproven = (policy: GatePolicy): GatePolicy => ({
  ...policy,
  maximumClassDrop: 1,
  maximumCalibrationRise: 1,
});

/** No image of the set could be prepared. */
function unanswered(opponent: Opponent | undefined): Verdict {
  const what = 'none of the images to judge it on could be prepared';
  return opponent
    ? { promote: false, undecided: true, reason: `not compared with ${opponent.name}: ${what}; ${ADVICE}` }
    : { promote: true, undecided: false, reason: `there is no champion yet; ${what}` };
}
