import { SulcusError } from '#libs/errors';
import { mayBeChampion, measuredOtherwise, type Freeze, type ModelCard, type Registry } from '#libs/registry';

/** Mean cross-entropy and accuracy (0-1) on a set of validation samples. */
export interface ValidationMetrics {
  loss: number;
  accuracy: number;
  samples: number;
  /** Index of the class that every sample was predicted as, where samples of several classes were seen. */
  onlyPredicted?: number;
}

/** The same with what they were measured on. */
export interface MeasuredMetrics extends ValidationMetrics {
  sampleSetHash: string;
  /** Samples of each class, by name. Absent in checkpoints from before they were counted. */
  classCounts?: Record<string, number>;
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
  /** Version that the candidate was judged beside; null: there was none. Absent in older checkpoints. */
  opponent?: string | null;
  /** A sentence with the figures that decided. */
  reason: string;
  /**
   * Whether the weights are stored with the card: they are when it is promoted, or when people may want what could not
   * be compared. Absent in checkpoints from before versions could be without: they are.
   */
  keepsWeights?: boolean;
}

/** Stands before the reason of a promotion that a freeze holds back. */
export const frozenReason = (alias: string, { reason }: Freeze): string =>
  `${alias} is frozen (${reason}), it would be promoted: `;

/** @throws MODEL_INVALID: a loss that is not a finite number decides nothing */
export function assertFiniteLoss(who: string, { loss }: ValidationMetrics): void {
  if (!Number.isFinite(loss))
    throw new SulcusError('MODEL_INVALID', `The validation loss of ${who} is ${loss}: its answers are not usable`);
}

/**
 * Moves the alias or records that it stays. Safe to repeat: a promotion that happened is not made again.
 *
 * @returns the decision as it was carried out: where the alias is frozen, the candidate's figures are not of its
 *   answers in service, or the alias moved to another version since the two were compared, it is declined
 */
export async function settle(registry: Registry, card: ModelCard, decision: Decision): Promise<Decision> {
  const { alias = 'champion', opponent, reason } = decision;
  const current = await registry.alias(alias);
  if (current?.version === card.version) return decision;
  if (!decision.promote) {
    await registry.decline(card.version, reason);
    return decision;
  }
  if (current && opponent !== undefined && current.version !== opponent) {
    const moved = `${alias} moved to ${current.version} while it was judged beside ${opponent ?? 'none'}: ${reason}`;
    await registry.decline(card.version, moved);
    return { ...decision, promote: false, reason: moved };
  }
  if (alias === 'champion' && !mayBeChampion(card)) {
    const stays = `not to be champion: ${measuredOtherwise(card)}; it would be promoted: ${reason}`;
    await registry.decline(card.version, stays);
    return { ...decision, promote: false, reason: stays };
  }
  const frozen = await registry.frozen(alias);
  if (current && frozen) {
    const stays = `${frozenReason(alias, frozen)}${reason}`;
    await registry.decline(card.version, stays);
    return { ...decision, promote: false, reason: stays };
  }
  await registry.promote(alias, card.version, reason, current?.revision);
  return decision;
}
