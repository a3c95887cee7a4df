import { nanos } from '@nats-io/nats-core';
import { API_TIMEOUT_MS, type Connection } from '../connection/connection.js';
import { isNotFound } from '../connection/errors.js';
import { requestWithRetry, type RequestOptions } from '../connection/retry.js';
import type { StreamName } from '../topology.js';

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
export async function ensureDurable(
  connection: Connection,
  { stream, durable, subject, ackWaitMs }: DurableOptions,
  waiting: RequestOptions,
): Promise<void> {
  const config = {
    durable_name: durable,
    ack_policy: 'explicit',
    deliver_policy: 'all',
    ack_wait: nanos(ackWaitMs),
    max_deliver: -1,
    max_ack_pending: -1,
    ...(subject === undefined ? {} : { filter_subject: subject }),
  } as const;
  await requestWithRetry(
    connection,
    `Could not create the consumer ${durable} of ${stream}`,
    () => connection.manager.consumers.add(stream, config),
    waiting,
  );
}

/** Deletes the durable consumer if there is one. */
export async function deleteDurable(
  connection: Connection,
  stream: StreamName,
  durable: string,
  waiting: RequestOptions,
): Promise<void> {
  const remove = async (): Promise<void> => {
    try {
      await connection.manager.consumers.delete(stream, durable);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  };
  const doing = `Could not delete the consumer ${durable} of ${stream}`;
  await requestWithRetry(connection, doing, remove, waiting);
}

/**
 * Acknowledges and waits until the broker has recorded it, over reconnects: an acknowledgement that is lost means that
 * the work is done again.
 *
 * @throws BUS_UNAVAILABLE when the broker did not confirm within 30 s
 */
export async function confirmAck(connection: Connection, ackSubject: string): Promise<void> {
  await requestWithRetry(connection, 'Could not acknowledge', () =>
    connection.nats.request(ackSubject, '+ACK', { timeout: API_TIMEOUT_MS }),
  );
}
