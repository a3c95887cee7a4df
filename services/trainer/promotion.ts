import type { Registry, ModelCard } from '#libs/registry';

/** Mean cross-entropy and accuracy (0-1) on a set of validation samples. */
export interface ValidationMetrics {
  loss: number;
  accuracy: number;
  samples: number;
  /** Index of the class that every sample was predicted as, where samples of several classes were seen. */
  onlyPredicted?: number;
}

export interface Decision {
  promote: boolean;
  /** A sentence with the figures that decided. */
  reason: string;
}

/**
 * Compares a candidate with the champion on the same validation samples. Lower loss wins: it moves before accuracy
 * does and does not reward overconfidence. Being newer is no reason.
 */
export function decide(candidate: ValidationMetrics, champion: (ValidationMetrics & { version: string }) | undefined): Decision {
  const own = `validation loss ${candidate.loss.toFixed(4)}, accuracy ${(candidate.accuracy * 100).toFixed(1)} % on ${candidate.samples} samples`;
  if (!champion) return { promote: true, reason: `${own}; there was no champion` };
  const other = `${champion.version}: ${champion.loss.toFixed(4)}, ${(champion.accuracy * 100).toFixed(1)} %`;
  return candidate.loss < champion.loss
    ? { promote: true, reason: `${own}; better than ${other}` }
    : { promote: false, reason: `${own}; not better than ${other}` };
}

/** Moves the champion alias or records that it stays. Safe to repeat: a promotion that happened is not made again. */
export async function settle(registry: Registry, card: ModelCard, decision: Decision): Promise<void> {
  const current = await registry.alias('champion');
  if (current?.version === card.version) return;
  if (decision.promote) await registry.promote('champion', card.version, decision.reason, current?.revision);
  else await registry.decline(card.version, decision.reason);
}
