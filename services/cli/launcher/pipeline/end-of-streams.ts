import type { Bus, StreamName } from '#libs/bus';

/**
 * Sequence of the last message of each stream, 0 where there was none. What comes behind it is new, whatever the clocks
 * of this machine and of the broker say.
 */
export async function endOfStreams(bus: Bus): Promise<Record<StreamName, number>> {
  const stats = Object.entries(await bus.stats());
  return Object.fromEntries(stats.map(([stream, { lastSequence }]) => [stream, lastSequence])) as Record<
    StreamName,
    number
  >;
}
