import { largestMessageBytes } from '../streams/stream-configs.js';
import type { StreamName } from '../topology.js';

/**
 * nats-server cuts a connection whose unsent bytes exceed `max_pending`, and about twice the outstanding window can
 * count. Half of the server's default of 64 MiB is therefore all that may be on its way: we give half of that to a
 * consumer and half to reads by sequence, which share its connection. More would not be faster.
 */
const WINDOW_BYTES = 16 * 2 ** 20;

/** Most messages of a stream that one consumer asks for at once: 2 of up to 8 MB, 16 of up to 1 MB. */
export function pullWindow(stream: StreamName, maxPayloadBytes: number): number {
  return Math.max(1, Math.floor(WINDOW_BYTES / largestMessageBytes(stream, maxPayloadBytes)));
}
