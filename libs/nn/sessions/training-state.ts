import { SulcusError } from '#libs/errors';
import type { NetworkState, StateTensor } from '../state/network-state.js';

/** All that training must remember to go on as if it had never stopped. */
export interface TrainingState {
  readonly weights: NetworkState;
  /** Slots and {@link STEP_COUNTER}. Absent: the optimizer starts afresh. */
  readonly optimizer?: NetworkState;
  /** Moving average of the weights, of a training that keeps one. Absent: it begins with the weights. */
  readonly average?: NetworkState;
}

/** What a session tells of a moment. */
export type SessionState = TrainingState & { readonly optimizer: NetworkState };

/** Name of the number of steps made, a scalar among the optimizer's state. */
export const STEP_COUNTER = 'step';

/** The optimizer's slots with the number of steps beside them. */
export const withCounter = (slots: NetworkState, steps: number): NetworkState =>
  new Map<string, StateTensor>([...slots, [STEP_COUNTER, { shape: [], data: Float32Array.of(steps) }]]);

/**
 * The slots and the number of steps of an optimizer's state.
 * @throws MODEL_INVALID when there is no counter
 */
export function splitCounter(optimizer: NetworkState): { step: number; slots: NetworkState } {
  const counter = optimizer.get(STEP_COUNTER);
  const step = counter?.data[0];
  if (step === undefined || counter?.data.length !== 1 || !Number.isInteger(step) || step < 0)
    throw new SulcusError('MODEL_INVALID', `The optimizer's state holds no step counter "${STEP_COUNTER}"`);
  return { step, slots: new Map([...optimizer].filter(([name]) => name !== STEP_COUNTER)) };
}
