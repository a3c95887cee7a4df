import type { Calibration } from '#libs/calibration';
import { modelInTraining } from '../gate/gate-model.js';
import type { Judgement } from '../gate/gate.js';
import { assertFiniteLoss, type MeasuredMetrics } from '../publishing/promotion.js';
import type { TrainerOptions, TrainerParts } from './parts.js';
import { saveCheckpoint } from './save-checkpoint.js';
import type { Validation } from './validation.js';

/** A validation that was looked at and has changed nothing yet. */
export interface JudgedValidation {
  metrics: MeasuredMetrics;
  calibration: Calibration | undefined;
  /** What the gate said of the weights; undefined: they are not offered. */
  judgement: Judgement | undefined;
}

/**
 * Has the gate judge the weights when they are to be offered: when the validation loss is the best so far, or always,
 * as the recipe says. Changes nothing of the run: whoever is stopped meanwhile validates again.
 *
 * @returns undefined when no validation image could be prepared
 * @throws MODEL_INVALID when an answer is not a finite number
 */
export async function judge(
  { state, session, network, gate }: TrainerParts,
  { candidates }: Pick<TrainerOptions, 'candidates'>,
  validation: Validation,
  signal: AbortSignal,
): Promise<JudgedValidation | undefined> {
  const metrics = validation.metrics();
  if (!metrics) return undefined;
  assertFiniteLoss('the network in training', metrics);
  const calibration = validation.calibration();
  if (candidates !== 'every' && !state.earlyStopping.improves(metrics.loss))
    return { metrics, calibration, judgement: undefined };
  const candidate = modelInTraining(session, {
    name: 'the network in training',
    classes: state.identity.classes,
    input: network.input,
    temperature: calibration?.temperature ?? 1,
  });
  return { metrics, calibration, judgement: await gate.judgeCandidate(candidate, state.ledger.epoch, signal) };
}

/**
 * Takes a validation into the state of the run, for early stopping and schedule, and offers what was judged. Checkpoint
 * first, then the offer: a candidate always has a durable state behind it.
 *
 * @param epoch that was trained in
 */
export async function recordValidation(
  parts: TrainerParts,
  { metrics, calibration, judgement }: JudgedValidation,
  epoch: number,
): Promise<void> {
  const { state, publisher, events, session } = parts;
  state.progress.validations++;
  state.earlyStopping.record(metrics.loss);
  state.schedule.validated(metrics.loss);
  state.pendingPublication = judgement
    ? { metrics, pass: epoch, calibration, decision: judgement.decision, gate: judgement.gate }
    : null;
  await saveCheckpoint(parts);
  const published = await publisher.publishPending(state, () => session.readState());
  await events.validated(state.progress, epoch, metrics, state.identity.classes, published);
}
