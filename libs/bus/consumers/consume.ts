import pLimit from 'p-limit';
import type { Codec } from '#libs/contracts';
import { SulcusError, type ErrorCode } from '#libs/errors';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Connection } from '../connection/connection.js';
import { deadLetterDelivery } from '../messages/dead-letters.js';
import { RawDelivery, type Delivery } from './delivery.js';
import { ensureDurable } from './durable-consumer.js';
import { openMessage } from '../messages/envelope.js';
import { busError } from '../connection/errors.js';
import { backOff, pause, untilAvailable } from '../connection/retry.js';
import { pullRequest } from './pull-request.js';
import { pullWindow } from './pull-window.js';
import type { StreamName } from '../topology.js';

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
  onMessage(delivery: Delivery<O>): Promise<void>;
}

const PULL_EXPIRES_MS = 10_000;

/** A state of the system around us, not of the message: waiting helps, and it must not use up the message's deliveries. */
const WAIT_AND_REPEAT: ReadonlySet<ErrorCode> = new Set(['BACKPRESSURE', 'BUS_UNAVAILABLE', 'STORAGE_FULL']);

/** Waits before deliveries 2, 3, …; the last one is repeated. */
const BACKOFF_MS = [250, 1000, 4000, 15_000];

/**
 * Works on a stream's messages until the signal aborts and what is being worked on is finished. Each of `maxInFlight`
 * slots asks for one message when it is free, so that no message waits in this process while another one idles.
 */
export async function consume<O>(connection: Connection, blobs: BlobStore, options: ConsumeOptions<O>): Promise<void> {
  const { stream, durable, subject, signal, maxInFlight, ackWaitMs = 30_000 } = options;
  const ensure = () =>
    untilAvailable(connection, signal, () => ensureDurable(connection, { stream, durable, subject, ackWaitMs }));
  await ensure();
  const window = pLimit(pullWindow(stream, connection.maxPayloadBytes));
  const slot = async (): Promise<void> => {
    for (let failures = 0; !signal.aborted; ) {
      try {
        const delivery = await window(() => pullOne(connection, stream, durable, signal));
        if (delivery) await handle(connection, blobs, options, ackWaitMs, delivery);
        failures = 0;
      } catch (error) {
        const failure = busError(error, `Could not consume ${stream}`);
        if (connection.nats.isClosed() && !signal.aborted) throw failure;
        if (failure.code === 'NOT_FOUND') await ensure().catch(() => {});
        await backOff(++failures, signal);
      }
    }
  };
  await Promise.all(Array.from({ length: maxInFlight }, slot));
}

async function pullOne(
  connection: Connection,
  stream: StreamName,
  durable: string,
  signal: AbortSignal,
): Promise<RawDelivery | undefined> {
  for await (const message of pullRequest(connection, stream, durable, {
    batch: 1,
    expiresMs: PULL_EXPIRES_MS,
    signal,
  }))
    return new RawDelivery(connection, message);
  return undefined;
}

/** Handles one delivery and settles it; throws only when even that was not possible (the broker then delivers again). */
async function handle<O>(
  connection: Connection,
  blobs: BlobStore,
  options: ConsumeOptions<O>,
  ackWaitMs: number,
  delivery: RawDelivery,
): Promise<void> {
  const { stream, durable, maxDeliver = 5, signal } = options;
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
    await repeatWhileBusy(signal, () => options.onMessage(delivery.with(message)));
    await delivery.ack();
  } catch (error) {
    const failure = SulcusError.from(error);
    if (delivery.settled) return;
    if (signal.aborted && failure.retryable) return delivery.nak();
    if (failure.retryable && deliveryCount < maxDeliver) {
      return delivery.nak(BACKOFF_MS[Math.min(deliveryCount, BACKOFF_MS.length) - 1]);
    }
    await untilAvailable(connection, signal, () =>
      deadLetterDelivery(connection, blobs, stream, durable, delivery, failure),
    );
    delivery.terminate(failure.code);
  } finally {
    clearInterval(heartbeat);
  }
}

/** Repeats the handler while the system around it is full or away; the heartbeat keeps the message ours meanwhile. */
async function repeatWhileBusy(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (signal.aborted || !(error instanceof SulcusError) || !WAIT_AND_REPEAT.has(error.code)) throw error;
      await pause(Math.min(5000, 100 * 2 ** Math.min(tries, 6)), signal);
      signal.throwIfAborted();
    }
  }
}
