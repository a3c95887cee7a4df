import type { Codec } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Connection } from '../connection/connection.js';
import { deadLetterDelivery } from '../messages/dead-letters.js';
import { RawDelivery, type Delivery } from './delivery.js';
import { deleteDurable, ensureDurable } from './durable-consumer.js';
import { openMessage } from '../messages/envelope.js';
import { busError } from '../connection/errors.js';
import { backOff, untilAvailable } from '../connection/retry.js';
import { pullRequest } from './pull-request.js';
import { pullWindow } from './pull-window.js';
import type { StreamName } from '../topology.js';

export interface PullOptions<O> {
  stream: StreamName;
  durable: string;
  subject?: string;
  codec: Codec<never, O>;
  /** Most messages that the caller holds unacknowledged; no more are asked for until some are settled. */
  maxInFlight: number;
  /** An unsettled message is delivered again after this time unless `working()` is called. Default: 10 min. */
  ackWaitMs?: number;
  /** True: deletes the durable consumer first, so that every unacknowledged message is delivered again at once. */
  recreate?: boolean;
  signal: AbortSignal;
}

const PULL_EXPIRES_MS = 10_000;

/**
 * Messages for a caller that acknowledges them itself, later. Invalid messages become dead letters and are not seen.
 * Ends when the signal aborts; what the caller holds then stays its own to settle.
 */
export async function* pull<O>(
  connection: Connection,
  blobs: BlobStore,
  options: PullOptions<O>,
): AsyncGenerator<Delivery<O>> {
  const { stream, durable, subject, signal, maxInFlight, ackWaitMs = 600_000 } = options;
  const ensure = () =>
    untilAvailable(connection, signal, () => ensureDurable(connection, { stream, durable, subject, ackWaitMs }));
  if (options.recreate) await untilAvailable(connection, signal, () => deleteDurable(connection, stream, durable));
  await ensure();
  const held = new HeldCount();
  const window = pullWindow(stream, connection.maxPayloadBytes);
  for (let failures = 0; !signal.aborted; ) {
    try {
      const room = maxInFlight - held.count;
      if (room <= 0) {
        await held.changed(signal);
        continue;
      }
      for await (const message of pullRequest(connection, stream, durable, {
        batch: Math.min(room, window),
        expiresMs: PULL_EXPIRES_MS,
        signal,
      })) {
        const delivery = new RawDelivery(connection, message);
        const decoded = await openOrDeadLetter(connection, blobs, options, delivery);
        if (decoded !== undefined) {
          held.add(delivery);
          yield delivery.with(decoded);
        }
      }
      failures = 0;
    } catch (error) {
      const failure = busError(error, `Could not pull from ${stream}`);
      if (signal.aborted) return;
      if (connection.nats.isClosed() || !['NOT_FOUND', 'BUS_UNAVAILABLE'].includes(failure.code)) throw failure;
      if (failure.code === 'NOT_FOUND') await ensure();
      await backOff(++failures, signal);
    }
  }
}

async function openOrDeadLetter<O>(
  connection: Connection,
  blobs: BlobStore,
  options: PullOptions<O>,
  delivery: RawDelivery,
): Promise<O | undefined> {
  try {
    return openMessage(options.codec, delivery.raw.data, delivery.headers);
  } catch (error) {
    const failure = SulcusError.from(error);
    await untilAvailable(connection, options.signal, () =>
      deadLetterDelivery(connection, blobs, options.stream, options.durable, delivery, failure),
    );
    delivery.terminate(failure.code);
    return undefined;
  }
}

/** How many deliveries the caller has not settled yet. */
class HeldCount {
  count = 0;
  #wake = () => {};

  add(delivery: RawDelivery): void {
    this.count++;
    delivery.onSettled = () => {
      this.count--;
      this.#wake();
    };
  }

  /** Waits until a delivery is settled or the signal aborts. */
  async changed(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
      this.#wake = wake;
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
