import type { Registry, ModelCard } from '#libs/registry';

/** Mean cross-entropy and accuracy (0-1) on a set of validation samples. */
export interface ValidationMetrics {
  loss: number;
  accuracy: number;
  samples: number;
  /** Index of the class that every sample was predicted as, where samples of several classes were seen. */
  onlyPredicted?: number;
}

/** Who promotes: the trainer whatever is better, or people, for whom it leaves the best version as `candidate`. */
export type PromotionPolicy = 'auto' | 'manual';

/** Alias that a better version is moved to. */
export type OfferedAlias = 'champion' | 'candidate';

export const offeredAlias = (policy: PromotionPolicy): OfferedAlias => (policy === 'manual' ? 'candidate' : 'champion');

export interface Decision {
  promote: boolean;
  /** Where to; absent in checkpoints from before people could decide: champion. */
  alias?: OfferedAlias;
  /** A sentence with the figures that decided. */
  reason: string;
}

/**
 * Compares a candidate with the champion on the same validation samples. Lower loss wins: it moves before accuracy
 * does and does not reward overconfidence. Being newer is no reason.
 *
 * @param champion what the alias points to, or what the version must else be better than; undefined: nothing yet
 */
export function decide(
  candidate: ValidationMetrics,
  champion: (ValidationMetrics & { version: string }) | undefined,
  alias: OfferedAlias = 'champion',
): Decision {
  const own = `validation loss ${candidate.loss.toFixed(4)}, accuracy ${(candidate.accuracy * 100).toFixed(1)} % on ${candidate.samples} samples`;
  if (!champion) return { promote: true, alias, reason: `${own}; there was no champion` };
  const other = `${champion.version}: ${champion.loss.toFixed(4)}, ${(champion.accuracy * 100).toFixed(1)} %`;
  return candidate.loss < champion.loss
    ? { promote: true, alias, reason: `${own}; better than ${other}` }
    : { promote: false, alias, reason: `${own}; not better than ${other}` };
}

/** Moves the alias or records that it stays. Safe to repeat: a promotion that happened is not made again. */
export async function settle(registry: Registry, card: ModelCard, decision: Decision): Promise<void> {
  const { alias = 'champion' } = decision;
  const current = await registry.alias(alias);
  if (current?.version === card.version) return;
  if (decision.promote) await registry.promote(alias, card.version, decision.reason, current?.revision);
  else await registry.decline(card.version, decision.reason);
}
