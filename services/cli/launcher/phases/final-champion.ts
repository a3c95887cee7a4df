import type { Bus } from '#libs/bus';
import { DEFAULT_GATE_POLICY } from '#libs/evaluation';
import { hasWeights, mayBeChampion, Registry, type ModelCard } from '#libs/registry';

/**
 * A run over a finite set has come to its end: whoever asks for such a run wants what it learned, the version with the
 * lowest validation loss, as in any training on a finite set. Only losses on the same images are compared: those of the
 * versions that were measured on what the newest was measured on, which in a run that learns from a stream are all
 * there are in the end. It takes the champion's place where the gate has nothing against it: it answered more of the
 * same samples rightly, by no more than chance explains; or the gate split is empty or too small to decide.
 *
 * @param run whose versions are meant
 * @returns the version that was promoted, if one was, with the reason
 */
export async function settleFinalChampion(
  bus: Bus,
  run: string,
): Promise<{ version: string; reason: string } | undefined> {
  const registry = new Registry(bus);
  const alias = await registry.alias('champion');
  const cards = (await registry.list()).filter((card) => card.run === run && hasWeights(card) && mayBeChampion(card));
  const champion = cards.find(({ version }) => version === alias?.version);
  if (!alias || !champion) return undefined;
  const measuredLast = measuredOn(cards.at(-1)!);
  const isComparable = (card: ModelCard): boolean => measuredOn(card) === measuredLast;
  const [best] = cards
    .filter((card) => isComparable(card) && (card === champion || gateAllows(card, champion)))
    .toSorted((left, right) => lossOf(left) - lossOf(right));
  if (!best || best === champion) return undefined;
  const beside = isComparable(champion)
    ? ` against ${lossOf(champion).toFixed(4)} of ${champion.version}`
    : `, where ${champion.version} was measured on other images`;
  const losses = `${lossOf(best).toFixed(4)}${beside}`;
  const reason = `the lowest validation loss of a run that has ended: ${losses}; the gate said: ${verdictOf(best)}`;
  await registry.promote('champion', best.version, reason, alias.revision);
  return { version: best.version, reason };
}

/**
 * Whether a version may take the champion's place by another measure than the gate's. One that was better by more than
 * chance and declined lost a class, or its calibration.
 */
function gateAllows({ metrics }: ModelCard, champion: ModelCard): boolean {
  const { gate } = metrics;
  if (gate?.split === 'gate' && gate.comparison)
    return (
      gate.comparison.version === champion.version &&
      gate.comparison.difference > 0 &&
      gate.comparison.pValue > DEFAULT_GATE_POLICY.significance
    );
  const its = champion.metrics.gate;
  return !(its?.split === 'gate' && its.comparison);
}

/** Names the images of a validation; undefined in cards from before they were named. */
const measuredOn = ({ metrics }: ModelCard): string | undefined => metrics.validation.sampleSetHash;

const lossOf = ({ metrics }: ModelCard): number => metrics.validation.loss;

const verdictOf = ({ metrics: { gate } }: ModelCard): string => gate?.reason ?? 'nothing';
