import { assertFiniteLoss, decide, offeredAlias } from '../publishing/promotion.js';
import type { TrainerOptions, TrainerParts } from './parts.js';
import { saveCheckpoint } from './save-checkpoint.js';
import type { Validation } from './validation.js';

/**
 * Takes a validation's loss for early stopping and schedule, and offers the weights as a candidate when it is the best
 * so far. Checkpoint first, then the offer: a candidate always has a durable state behind it.
 *
 * @param epoch that was trained in
 * @throws MODEL_INVALID when the loss is not a finite number
 */
export async function judge(
  parts: TrainerParts,
  { candidates, promotion }: Pick<TrainerOptions, 'candidates' | 'promotion'>,
  validation: Validation,
  epoch: number,
): Promise<void> {
  const { state, publisher, events, session } = parts;
  const metrics = validation.metrics();
  if (!metrics) return;
  assertFiniteLoss('the network in training', metrics);
  state.progress.validations++;
  const improved = state.earlyStopping.record(metrics.loss);
  state.schedule.validated(metrics.loss);
  const decision = decide(metrics, validation.opponent(), offeredAlias(promotion));
  const offered = improved || candidates === 'every';
  state.pendingPublication = offered ? { metrics, pass: epoch, decision, calibration: validation.calibration() } : null;
  await saveCheckpoint(parts);
  const published = await publisher.publishPending(state, () => session.readState());
  await events.validated(state.progress, epoch, metrics, state.identity.classes, published);
}
