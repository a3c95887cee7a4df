import { EpochPlan } from '../data/epoch-plan.js';
import { Ledger } from '../data/ledger.js';
import type { IndexedSample } from '../data/sample-index.js';
import { heldOutSamples, type HeldOutSample } from '../gate/held-out.js';
import { judge, recordValidation } from './judge.js';
import type { TrainerOptions, TrainerParts } from './parts.js';
import { isCheckpointDue, saveCheckpoint } from './save-checkpoint.js';
import { trainOn } from './training-step.js';
import { ValidationInterval } from './validation-interval.js';
import { Validation } from './validation.js';

/** Fewest samples between validations unless configured. */
const MIN_SAMPLES_BETWEEN_VALIDATIONS = 2000;

/**
 * Trains up to the next validation, validates and judges. Training and validation batches are requested as one
 * sequence, without a gap.
 */
export async function trainToValidation(
  parts: TrainerParts,
  options: TrainerOptions,
  signal: AbortSignal,
): Promise<void> {
  const { exchange, state, events } = parts;
  const interval = nextInterval(parts, options);
  let validation: Validation | undefined;
  await events.state('busy', `training, epoch ${state.ledger.epoch}`);
  for await (const delivered of exchange.batches(interval.batches(), signal)) {
    if (delivered.requested.split === 'SPLIT_TRAIN') {
      await trainOn(parts, options, delivered);
      if (isCheckpointDue(parts, options)) await saveCheckpoint(parts);
    } else {
      validation ??= new Validation(parts, interval.validationSamples);
      await validation.answer(delivered.delivery);
    }
  }
  signal.throwIfAborted();
  const judged = validation && (await judge(parts, options, validation, signal));
  const { epoch } = state.ledger;
  await events.progress(state.progress, epoch, state.schedule.learningRate, { force: true });
  if (interval.reachesEndOfEpoch && !lastEpochGoesOn(parts, options, interval)) await completeEpoch(parts);
  if (judged) await recordValidation(parts, judged, epoch);
}

function nextInterval(
  { index, state }: TrainerParts,
  { batchSize, classBalanced, validateEverySamples, validationSamples }: TrainerOptions,
): ValidationInterval {
  if (state.ledger.snapshotSequence === 0) state.ledger = new Ledger(state.ledger.epoch, index.lastSequence);
  const labelled = (): IndexedSample[] => index.labelled('SPLIT_TRAIN');
  const plan = new EpochPlan(state.ledger, labelled, { seed: state.identity.seed, batchSize, classBalanced });
  const heldOut = (): HeldOutSample[] =>
    heldOutSamples(index.labelled('SPLIT_VALIDATION'), 'validation', validationSamples);
  return new ValidationInterval(plan, heldOut, {
    epoch: state.ledger.epoch,
    batchSize,
    trainingSamples: validateEverySamples ?? Math.max(MIN_SAMPLES_BETWEEN_VALIDATIONS, labelled().length),
  });
}

/** What came too late to be requested still joins the last epoch: another one would repeat all the rest. */
function lastEpochGoesOn({ state }: TrainerParts, { epochs }: TrainerOptions, interval: ValidationInterval): boolean {
  return state.progress.epochsOnSameData + 1 >= epochs && interval.hasLateArrivals();
}

async function completeEpoch({ state, index, events }: TrainerParts): Promise<void> {
  await events.epochCompleted(state.ledger);
  state.progress.epochsOnSameData++;
  state.schedule.epochDone();
  state.beginEpoch(index.lastSequence);
}
