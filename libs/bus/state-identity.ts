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

/** @throws STATE_MISMATCH when the broker holds another state */
export async function checkStateId(bus: Bus, expected: string): Promise<void> {
  const found = await readStateId(bus);
  if (found === expected) return;
  throw new SulcusError(
    'STATE_MISMATCH',
    `The broker holds another state (${found}) than the one this belongs to (${expected}): another broker has taken ` +
      'its address, or its store was replaced. Start the one that is meant, or begin with an empty state folder',
    { details: { expected, found } },
  );
}
