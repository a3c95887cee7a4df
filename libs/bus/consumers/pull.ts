import { Notifier, retryStream } from '#libs/async';
import type { Codec } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Connection } from '../connection/connection.js';
import { busError } from '../connection/errors.js';
import { mayComeBack } from '../connection/retry.js';
import { openMessage } from '../messages/envelope.js';
import type { StreamName } from '../topology.js';
import { deadLetterDelivery, type Consumer } from './dead-letter-delivery.js';
import { RawDelivery, type Delivery } from './delivery.js';
import { deleteDurable, ensureDurable } from './durable-consumer.js';
import { pullRequest } from './pull-request.js';
import { pullWindow } from './pull-window.js';
import { ReaderTrouble } from './reader-trouble.js';

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
  const { stream, durable, subject, signal, ackWaitMs = 600_000 } = options;
  const held = new HeldCount();
  const trouble = new ReaderTrouble(`take from ${stream}`);
  let recreate = options.recreate;
  let ensured = false;
  const open = async function* (): AsyncGenerator<Delivery<O>> {
    ensured = false;
    try {
      if (recreate) await deleteDurable(connection, stream, durable, { signal, retryTimeoutMs: 0 });
      recreate = false;
      await ensureDurable(connection, { stream, durable, subject, ackWaitMs }, { signal, retryTimeoutMs: 0 });
      ensured = true;
      trouble.isOver();
      yield* pullHeld({ connection, blobs, stream, durable, signal }, options, held);
    } catch (error) {
      throw busError(error, `Could not pull from ${stream}`);
    }
  };
  // A consumer that was there and is gone is made again; a stream that does not exist stays an error.
  const shouldRetry = (failure: SulcusError): boolean =>
    mayComeBack(connection, failure) || (ensured && failure.code === 'NOT_FOUND' && !connection.nats.isClosed());
  try {
    yield* retryStream(open, { signal, shouldRetry, onRetry: (failure) => trouble.goesOn(failure) });
  } finally {
    trouble.isOver();
  }
}

async function* pullHeld<O>(
  consumer: Consumer,
  { codec, maxInFlight }: PullOptions<O>,
  held: HeldCount,
): AsyncGenerator<Delivery<O>> {
  const { connection, stream, durable, signal } = consumer;
  const window = pullWindow(stream, connection.maxPayloadBytes);
  while (!signal.aborted) {
    const room = maxInFlight - held.count;
    if (room <= 0) {
      await held.settled.wait(signal);
      continue;
    }
    const batch = Math.min(room, window);
    for await (const raw of pullRequest(connection, stream, durable, { batch, expiresMs: PULL_EXPIRES_MS, signal })) {
      const delivery = new RawDelivery(connection, raw);
      const opened = await openOrDeadLetter(consumer, codec, delivery);
      if (!opened) continue;
      held.add(delivery);
      yield opened;
    }
  }
}

async function openOrDeadLetter<O>(
  consumer: Consumer,
  codec: Codec<never, O>,
  delivery: RawDelivery,
): Promise<Delivery<O> | undefined> {
  try {
    return delivery.with(openMessage(codec, delivery.raw.data, delivery.headers));
  } catch (error) {
    await deadLetterDelivery(consumer, delivery, SulcusError.from(error));
    return undefined;
  }
}

/** How many deliveries the caller has not settled yet. */
class HeldCount {
  count = 0;
  readonly settled = new Notifier();

  add(delivery: RawDelivery): void {
    this.count++;
    delivery.onSettled = () => {
      this.count--;
      this.settled.notify();
    };
  }
}
