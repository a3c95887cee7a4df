import { SulcusError } from '#libs/errors';
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

/** The version that a candidate must be better than, with its metrics on the same samples or why there are none. */
export type Opponent = { version: string } & (
  | { metrics: ValidationMetrics; incomparable?: undefined }
  | { incomparable: string; metrics?: undefined }
);

export interface Decision {
  promote: boolean;
  /** Where to; absent in checkpoints from before people could decide: champion. */
  alias?: OfferedAlias;
  /** A sentence with the figures that decided. */
  reason: string;
}

/**
 * Compares a candidate with the champion on the same validation samples. Lower loss wins: it moves before accuracy
 * does and does not reward overconfidence. Being newer is no reason. What cannot be compared is left to people.
 *
 * @param champion what the alias points to, or what the version must else be better than; undefined: nothing yet
 * @throws MODEL_INVALID when a loss is not a finite number
 */
export function decide(
  candidate: ValidationMetrics,
  champion: Opponent | undefined,
  alias: OfferedAlias = 'champion',
): Decision {
  const { loss, accuracy, samples } = candidate;
  const own = `validation loss ${loss.toFixed(4)}, accuracy ${(accuracy * 100).toFixed(1)} % on ${samples} samples`;
  assertFiniteLoss('the candidate', candidate);
  if (!champion) return { promote: true, alias, reason: `${own}; there was no champion` };
  const { version, incomparable, metrics } = champion;
  if (incomparable !== undefined) {
    const advice = 'to use this version instead, move the alias with sulcus promote';
    return { promote: false, alias, reason: `${own}; not compared with ${version}: ${incomparable}; ${advice}` };
  }
  assertFiniteLoss(version, metrics);
  const other = `${version}: ${metrics.loss.toFixed(4)}, ${(metrics.accuracy * 100).toFixed(1)} %`;
  return candidate.loss < metrics.loss
    ? { promote: true, alias, reason: `${own}; better than ${other}` }
    : { promote: false, alias, reason: `${own}; not better than ${other}` };
}

/** @throws MODEL_INVALID: a loss that is not a finite number decides nothing */
export function assertFiniteLoss(who: string, { loss }: ValidationMetrics): void {
  if (!Number.isFinite(loss))
    throw new SulcusError('MODEL_INVALID', `The validation loss of ${who} is ${loss}: its answers are not usable`);
}

/** Moves the alias or records that it stays. Safe to repeat: a promotion that happened is not made again. */
export async function settle(registry: Registry, card: ModelCard, decision: Decision): Promise<void> {
  const { alias = 'champion' } = decision;
  const current = await registry.alias(alias);
  if (current?.version === card.version) return;
  if (decision.promote) await registry.promote(alias, card.version, decision.reason, current?.revision);
  else await registry.decline(card.version, decision.reason);
}
