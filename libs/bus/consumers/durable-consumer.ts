import { nanos } from '@nats-io/nats-core';
import type { Connection } from '../connection/connection.js';
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
