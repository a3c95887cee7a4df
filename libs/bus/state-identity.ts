import { randomUUID } from 'node:crypto';
import { SulcusError } from '#libs/errors';
import type { Bus } from './bus.js';

const KEY = 'id';

/**
 * What tells the state that a broker holds apart from every other: drawn once, when the first service comes, and kept
 * with the state.
 */
export async function readStateId(bus: Bus): Promise<string> {
  const bucket = await bus.keyValue('state');
  for (;;) {
    const entry = await bucket.get(KEY);
    if (entry) return entry.value.toString();
    await bucket.create(KEY, Buffer.from(randomUUID())).catch((error: unknown) => {
      if (SulcusError.from(error).code !== 'ALREADY_EXISTS') throw error; // another service was first
    });
  }
}

/** The same, where there is one: who asks draws none. */
export async function storedStateId(bus: Bus): Promise<string | undefined> {
  return (await (await bus.keyValue('state')).get(KEY))?.value.toString();
}

/**
 * Gives a state the identity back that its broker has lost, with the bucket, by a damaged disk. To be called by who
 * knows whose state it is. Nothing happens where there is one.
 */
export async function restoreStateId(bus: Bus, id: string): Promise<void> {
  const bucket = await bus.keyValue('state');
  await bucket.create(KEY, Buffer.from(id)).catch((error: unknown) => {
    if (SulcusError.from(error).code !== 'ALREADY_EXISTS') throw error;
  });
}

/** @throws STATE_MISMATCH when the broker holds another state, or does not know which */
export async function checkStateId(bus: Bus, expected: string): Promise<void> {
  const found = await storedStateId(bus);
  if (found === expected) return;
  if (found === undefined)
    throw new SulcusError(
      'STATE_MISMATCH',
      `The broker does not know which state it holds, and this belongs to one (${expected}): it is a new broker at ` +
        'the address of another, or its disk has lost the bucket "state". Start the one that is meant. Where it is ' +
        `the one, npm start on its state folder puts that right, or \`sulcus broker streams --state-id ${expected}\``,
      { details: { expected } },
    );
  throw new SulcusError(
    'STATE_MISMATCH',
    `The broker holds another state (${found}) than the one this belongs to (${expected}): another broker has taken ` +
      'its address, or its store was replaced. Start the one that is meant, or begin with an empty state folder',
    { details: { expected, found } },
  );
}
