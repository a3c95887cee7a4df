import pLimit from 'p-limit';
import { retryWithBackoff } from '#libs/async';
import type { Codec } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Connection } from '../connection/connection.js';
import { busError } from '../connection/errors.js';
import { openMessage } from '../messages/envelope.js';
import type { StreamName } from '../topology.js';
import { deadLetterDelivery, type Consumer } from './dead-letter-delivery.js';
import { RawDelivery, type Delivery } from './delivery.js';
import { ensureDurable } from './durable-consumer.js';
import { pullRequest } from './pull-request.js';
import { pullWindow } from './pull-window.js';
import { ReaderTrouble } from './reader-trouble.js';

export interface ConsumeOptions<O> {
  stream: StreamName;
  /** Consumers of the same name share the messages. */
  durable: string;
  subject?: string;
  codec: Codec<never, O>;
  /** Messages worked on at once by this process. */
  maxInFlight: number;
  /** After a worker's death its messages go to others after this time. Default: 30 s. */
  ackWaitMs?: number;
  /** Deliveries, from 1, after which an error that might pass is given up. Default: 5. */
  maxDeliver?: number;
  signal: AbortSignal;
  /**
   * A transient failure (the system around is full or away) is tried again on the spot and uses up no delivery; a
   * retryable one gives the message back, to be delivered again later; any other one makes it a dead letter.
   */
  onMessage(delivery: Delivery<O>): Promise<void>;
}

const PULL_EXPIRES_MS = 10_000;

/** Waits before deliveries 2, 3, …; the last one is repeated. */
const REDELIVERY_DELAYS_MS = [250, 1000, 4000, 15_000];

/** Pauses between attempts at a message while the system around is full or away; a heartbeat keeps the message ours. */
const HANDLER_RETRY = { firstDelayMs: 200, maxDelayMs: 5000 } as const;

/**
 * Works on a stream's messages until the signal aborts and what is being worked on is finished. Each of `maxInFlight`
 * slots asks for one message when it is free, so that no message waits in this process while another one idles.
 */
export async function consume<O>(connection: Connection, blobs: BlobStore, options: ConsumeOptions<O>): Promise<void> {
  const { stream, durable, subject, signal, maxInFlight, ackWaitMs = 30_000 } = options;
  const consumer = { connection, blobs, stream, durable, signal };
  const ensure = () =>
    ensureDurable(connection, { stream, durable, subject, ackWaitMs }, { signal, retryTimeoutMs: Infinity });
  const window = pLimit(pullWindow(stream, connection.maxPayloadBytes));
  const handleNext = async (trouble: ReaderTrouble): Promise<void> => {
    try {
      const delivery = await window(() => pullOne(consumer));
      trouble.isOver();
      if (delivery) await handle(consumer, options, ackWaitMs, delivery);
    } catch (error) {
      const failure = busError(error, `Could not consume ${stream}`);
      if (failure.code === 'NOT_FOUND') await ensure();
      throw failure;
    }
  };
  const throwUnlessAborted = (error: unknown): void => {
    if (!signal.aborted) throw error;
  };
  const slot = async (): Promise<void> => {
    const trouble = new ReaderTrouble(`work on ${stream}`);
    const shouldRetry = () => !connection.nats.isClosed();
    const onRetry = (failure: SulcusError) => trouble.goesOn(failure);
    while (!signal.aborted)
      await retryWithBackoff(() => handleNext(trouble), { signal, shouldRetry, onRetry })
        .catch(throwUnlessAborted)
        .finally(() => trouble.isOver());
  };
  await ensure().catch(throwUnlessAborted);
  await Promise.all(Array.from({ length: maxInFlight }, slot));
}

async function pullOne({ connection, stream, durable, signal }: Consumer): Promise<RawDelivery | undefined> {
  const pulled = pullRequest(connection, stream, durable, { batch: 1, expiresMs: PULL_EXPIRES_MS, signal });
  for await (const message of pulled) return new RawDelivery(connection, message);
  return undefined;
}

/**
 * Handles one delivery and settles it; throws only when even that was not possible (the broker then delivers again).
 */
async function handle<O>(
  consumer: Consumer,
  options: ConsumeOptions<O>,
  ackWaitMs: number,
  delivery: RawDelivery,
): Promise<void> {
  const { maxDeliver = 5, signal } = options;
  const { deliveryCount } = delivery.info;
  const heartbeat = setInterval(() => delivery.working(), ackWaitMs / 3);
  try {
    if (deliveryCount > 2 * maxDeliver) {
      throw new SulcusError(
        'INTERNAL',
        `Delivered ${deliveryCount} times without an end: it may crash whoever works on it`,
      );
    }
    const message = openMessage(options.codec, delivery.raw.data, delivery.headers);
    await retryWithBackoff(() => options.onMessage(delivery.with(message)), { ...HANDLER_RETRY, signal });
    await delivery.ack();
  } catch (error) {
    const failure = SulcusError.from(error);
    if (delivery.settled) return;
    if (signal.aborted && failure.retryable) return delivery.nak();
    if (failure.retryable && deliveryCount < maxDeliver) {
      return delivery.nak(REDELIVERY_DELAYS_MS[Math.min(deliveryCount, REDELIVERY_DELAYS_MS.length) - 1]);
    }
    await deadLetterDelivery(consumer, delivery, failure);
  } finally {
    clearInterval(heartbeat);
  }
}
