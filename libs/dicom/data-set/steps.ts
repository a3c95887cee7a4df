import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import { ELEMENTS_PER_STEP, type Steps } from './parse-data-set.js';

/** From so many attributes on an object takes tens of megabytes; some MR systems write some thousands. */
const LONG_ELEMENTS = 8_000;

/** Of all that is read in turns, one step in a turn. */
const oneStep = pLimit(1);
/** Of what is long, one at a time. */
const oneLong = pLimit(1);

/** All steps, one after the other. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

/**
 * All steps, others of the thread having their turn before each but the first.
 *
 * @param beforeLong waited for before an object is read on of which {@link LONG_ELEMENTS} have been read; undefined:
 *   until no other such is being read
 */
export async function inTurns<T>(steps: Steps<T>, beforeLong: (() => Promise<void>) | undefined): Promise<T> {
  const first = steps.next();
  if (first.done) return first.value;
  for (let read = ELEMENTS_PER_STEP; read < LONG_ELEMENTS; read += ELEMENTS_PER_STEP) {
    const { done, value } = await oneStep(() => inNextTurn(steps));
    if (done) return value;
  }
  await beforeLong?.();
  return beforeLong ? await rest(steps) : await oneLong(() => rest(steps));
}

async function rest<T>(steps: Steps<T>): Promise<T> {
  for (;;) {
    const { done, value } = await oneStep(() => inNextTurn(steps));
    if (done) return value;
  }
}

async function inNextTurn<T>(steps: Steps<T>): Promise<IteratorResult<undefined, T>> {
  await nextTurn();
  return steps.next();
}
