import { nanos } from '@nats-io/nats-core';
import { setTimeout as delay } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { API_TIMEOUT_MS, type Connection } from './connection.js';
import { busError, isNotFound } from './errors.js';
import type { StreamName } from './topology.js';

export interface DurableOptions {
  stream: StreamName;
  /** Name of the consumer: those who use the same name share the messages. */
  durable: string;
  /** Narrows the stream to one subject (wildcards allowed). Default: all. */
  subject?: string;
  /** A delivery that is neither acknowledged nor extended within this time goes out again. */
  ackWaitMs: number;
}

/**
 * Creates the durable consumer or adapts the one that exists. Redeliveries are unlimited at the broker: after its limit
 * a message would stay in the stream, unseen; our consumers count deliveries and write dead letters instead.
 */
export async function ensureDurable(connection: Connection, options: DurableOptions): Promise<void> {
  try {
    await connection.answer(
      connection.manager.consumers.add(options.stream, {
        durable_name: options.durable,
        ack_policy: 'explicit',
        deliver_policy: 'all',
        ack_wait: nanos(options.ackWaitMs),
        max_deliver: -1,
        max_ack_pending: -1,
        ...(options.subject === undefined ? {} : { filter_subject: options.subject }),
      }),
    );
  } catch (error) {
    throw busError(error, `Could not create the consumer ${options.durable} of ${options.stream}`);
  }
}

export async function deleteDurable(connection: Connection, stream: StreamName, durable: string): Promise<void> {
  try {
    await connection.answer(connection.manager.consumers.delete(stream, durable));
  } catch (error) {
    if (!isNotFound(error)) throw busError(error, `Could not delete the consumer ${durable} of ${stream}`);
  }
}

/**
 * Repeats `work` while the broker is away, starting or full, until it succeeds or the signal aborts.
 *
 * @throws what cannot be helped by waiting; BUS_UNAVAILABLE when the connection was closed by us
 */
export async function untilAvailable<T>(connection: Connection, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      const failure = busError(error, 'The broker is not available');
      if (failure.code !== 'BUS_UNAVAILABLE' || signal.aborted || connection.nats.isClosed()) throw failure;
      await pause(Math.min(2000, 100 * 2 ** Math.min(tries, 5)), signal);
    }
  }
}

/** Waits, or returns early when the signal aborts. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {});
}

/**
 * Acknowledges and waits until the broker has recorded it, over reconnects: an acknowledgement that is lost means that
 * the work is done again.
 *
 * @throws BUS_UNAVAILABLE when the broker did not confirm within 30 s
 */
export async function confirmAck(connection: Connection, ackSubject: string): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (let tries = 1; ; tries++) {
    try {
      await connection.answer(connection.nats.request(ackSubject, '+ACK', { timeout: API_TIMEOUT_MS }));
      return;
    } catch (error) {
      const failure = busError(error, 'Could not acknowledge');
      if (failure.code !== 'BUS_UNAVAILABLE' || connection.nats.isClosed() || Date.now() >= deadline) throw new SulcusError('BUS_UNAVAILABLE', failure.rawMessage, { cause: error });
      await pause(Math.min(2000, 100 * tries));
    }
  }
}
