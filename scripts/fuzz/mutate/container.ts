import type { Random } from '#libs/random';
import { mutateBytes } from './bytes.js';
import { mutateParts } from './parts.js';

/** How a format is put together from parts. */
export interface Container<Part> {
  /** As far as the bytes are of the format. */
  split(bytes: Buffer): { head: Buffer; parts: Part[]; rest: Buffer };
  change(random: Random, part: Part): Part;
  join(random: Random, head: Buffer, parts: readonly Part[], rest: Buffer): Buffer;
}

/** Two files of three keep the form of their format and differ in what its parts hold; the others lose it. */
export function mutateContainer<Part>(
  random: Random,
  container: Container<Part>,
  bytes: Buffer,
  others: readonly Buffer[],
): Buffer {
  if (random.chance(1 / 3)) return mutateBytes(random, bytes, others);
  const { head, parts, rest } = container.split(bytes);
  const donors = container.split(others[random.integer(0, others.length - 1)]!).parts;
  const changed = mutateParts(random, parts, (part) => container.change(random, part), donors);
  return container.join(random, head, changed, random.chance(0.1) ? mutateBytes(random, rest) : rest);
}
