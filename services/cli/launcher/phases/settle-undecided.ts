import type { Bus } from '#libs/bus';
import { hasWeights, Registry, type ModelCard } from '#libs/registry';

/**
 * A run that has come to its end on data whose gate split is empty or too small to decide by: later versions wait for
 * people. Whoever asks for such a run wants what it learned, so that the version with the lowest validation loss takes
 * the champion's place, as in any training on a finite set. Where the gate split decided, nothing happens.
 *
 * @param run whose versions are meant
 * @returns the version that was promoted, if one was, with the reason
 */
export async function settleUndecided(bus: Bus, run: string): Promise<{ version: string; reason: string } | undefined> {
  const registry = new Registry(bus);
  const alias = await registry.alias('champion');
  const cards = (await registry.list()).filter((card) => card.run === run && hasWeights(card));
  const champion = cards.find(({ version }) => version === alias?.version);
  if (!alias || !champion) return undefined;
  const { gate } = champion.metrics;
  if (gate?.split === 'gate' && gate.comparison) return undefined;
  const best = cards.reduce((lowest, card) => (lossOf(card) < lossOf(lowest) ? card : lowest), champion);
  if (best === champion) return undefined;
  const { version } = best;
  const reason =
    `the lowest validation loss of a run that has ended: ${lossOf(best).toFixed(4)} against ` +
    `${lossOf(champion).toFixed(4)} of ${champion.version}; the gate split has too few samples to decide`;
  await registry.promote('champion', version, reason, alias.revision);
  return { version, reason };
}

const lossOf = ({ metrics }: ModelCard): number => metrics.validation.loss;
