import { SulcusError } from '#libs/errors';
import type { Bus } from './bus.js';
import { Streams } from './topology.js';

/** Streams whose every place is accounted for: by an audit, or by the chain of the record of decisions. */
export const ACCOUNTED_STREAMS = [Streams.SCANS, Streams.DECISIONS] as const;

export type AccountedStream = (typeof ACCOUNTED_STREAMS)[number];

/**
 * Places of a stream that the broker used up without storing anything: nats-server gives a sequence before it writes,
 * and where the disk then takes nothing the sequence stays given (seen on 2.15.1, at the beginning of a block). Nobody
 * was told that anything lies there.
 */
export interface UnusedPlaces {
  first: number;
  last: number;
}

const prefixOf = (stream: AccountedStream): string => `unused.${stream}.`;

/**
 * Puts on record that nothing was ever acknowledged at these places.
 *
 * @throws BUS_UNAVAILABLE, STORAGE_FULL
 */
export async function noteUnusedPlaces(
  bus: Bus,
  stream: AccountedStream,
  { first, last }: UnusedPlaces,
): Promise<void> {
  await (await bus.keyValue('state')).put(`${prefixOf(stream)}${first}`, Buffer.from(String(last)));
}

/**
 * What is on record of unused places, in order.
 *
 * @throws BUS_UNAVAILABLE
 */
export async function readUnusedPlaces(
  bus: Bus,
  stream: AccountedStream,
  signal: AbortSignal,
): Promise<UnusedPlaces[]> {
  const [found, prefix]: [UnusedPlaces[], string] = [[], prefixOf(stream)];
  const state = await bus.keyValue('state').catch((error: unknown) => {
    if (SulcusError.from(error).code === 'NOT_FOUND') return undefined;
    throw error;
  });
  if (!state) return found;
  for await (const { key, value } of state.entries(prefix, signal)) {
    const [first, last] = [Number(key.slice(prefix.length)), Number(value.toString())];
    // What cannot be read explains nothing.
    if (Number.isSafeInteger(first) && Number.isSafeInteger(last) && first > 0) found.push({ first, last });
  }
  return found.sort((left, right) => left.first - right.first);
}
