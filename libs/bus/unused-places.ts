import type { Bus } from './bus.js';

/**
 * Places of SCANS that the broker used up without storing anything: nats-server gives a sequence before it writes, and
 * where the disk then takes nothing the sequence stays given (seen on 2.15.1, at the beginning of a block). Nobody was
 * told that anything lies there.
 */
export interface UnusedPlaces {
  first: number;
  last: number;
}

const PREFIX = 'unused.';

/**
 * Puts on record that nothing was ever acknowledged at these places.
 *
 * @throws BUS_UNAVAILABLE, STORAGE_FULL
 */
export async function noteUnusedPlaces(bus: Bus, { first, last }: UnusedPlaces): Promise<void> {
  await (await bus.keyValue('state')).put(`${PREFIX}${first}`, Buffer.from(String(last)));
}

/**
 * What is on record of unused places, in order.
 *
 * @throws BUS_UNAVAILABLE
 */
export async function readUnusedPlaces(bus: Bus, signal: AbortSignal): Promise<UnusedPlaces[]> {
  const found: UnusedPlaces[] = [];
  for await (const { key, value } of (await bus.keyValue('state')).entries(PREFIX, signal)) {
    const [first, last] = [Number(key.slice(PREFIX.length)), Number(value.toString())];
    // What cannot be read explains nothing.
    if (Number.isSafeInteger(first) && Number.isSafeInteger(last) && first > 0) found.push({ first, last });
  }
  return found.sort((left, right) => left.first - right.first);
}
