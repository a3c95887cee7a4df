import type { ConsumerConfig } from '@nats-io/jetstream';
import { nanos, nuid, type Msg } from '@nats-io/nats-core';
import { parseAckSubject, type DeliveryInfo } from './ack-subject.js';
import type { Connection } from '../connection/connection.js';
import { busError } from '../connection/errors.js';
import { backOff, untilAvailable } from '../connection/retry.js';
import { pullRequest } from './pull-request.js';

export interface OrderedOptions {
  /** Stream to read. */
  stream: string;
  /** Subjects to read; none: all. */
  subjects: readonly string[];
  /** First sequence wanted. Default: the beginning. */
  startSequence?: number;
  /** Instead: nothing stored before this time. */
  startUnixMs?: number;
  /** True: ends when it has caught up with what is stored, instead of waiting for more. */
  storedOnly?: boolean;
  headersOnly?: boolean;
  /** Messages asked for at once. */
  window: number;
  signal: AbortSignal;
}

const PULL_EXPIRES_MS = 10_000;
/** The broker forgets an ordered consumer that nobody asks for this long; it is made again where we stopped. */
const INACTIVE_MS = 60_000;

/**
 * Reads a stream in order, without a gap and without end, over broker restarts and lost connections. The consumer at
 * the broker is a throw-away: whenever its deliveries do not add up, another one is made behind the last message seen.
 */
export async function* readOrdered(
  connection: Connection,
  options: OrderedOptions,
): AsyncGenerator<{ raw: Msg; info: DeliveryInfo }> {
  const { stream, signal, window, storedOnly } = options;
  let next = options.startSequence ?? 1;
  let failures = 0;
  while (!signal.aborted) {
    let consumer: string | undefined;
    let lost = false;
    const stopListening = connection.onReconnect(() => (lost = true));
    try {
      const created = await untilAvailable(connection, signal, () => createOrdered(connection, options, next));
      consumer = created.name;
      if (storedOnly && created.pending === 0) return;
      for (let received = 0; !lost && !signal.aborted; ) {
        const before = received;
        for await (const raw of pullRequest(connection, stream, consumer, {
          batch: window,
          expiresMs: PULL_EXPIRES_MS,
          signal,
        })) {
          const info = parseAckSubject(raw.reply ?? '');
          if (info.consumerSequence !== received + 1) {
            lost = true;
            break;
          }
          received++;
          failures = 0;
          next = info.streamSequence + 1;
          yield { raw, info };
          if (storedOnly && info.pending === 0) return;
        }
        if (received === before && !lost && !signal.aborted)
          lost = await hasLostDeliveries(connection, stream, consumer, received);
      }
    } catch (error) {
      const failure = busError(error, `Could not follow ${stream}`);
      if (signal.aborted) return;
      if (connection.nats.isClosed() || !['NOT_FOUND', 'BUS_UNAVAILABLE'].includes(failure.code)) throw failure;
      await backOff(++failures, signal);
    } finally {
      stopListening();
      if (consumer !== undefined && !connection.nats.isClosed())
        connection.manager.consumers.delete(stream, consumer).catch(() => {});
    }
  }
}

async function createOrdered(
  connection: Connection,
  options: OrderedOptions,
  startSequence: number,
): Promise<{ name: string; pending: number }> {
  const name = `follow-${nuid.next()}`;
  const filter =
    options.subjects.length === 0
      ? {}
      : options.subjects.length === 1
        ? { filter_subject: options.subjects[0] }
        : { filter_subjects: [...options.subjects] };
  const created = await connection.answer(
    connection.manager.consumers.add(options.stream, {
      name,
      ack_policy: 'none',
      ...beginning(startSequence, options.startUnixMs),
      headers_only: options.headersOnly ?? false,
      inactive_threshold: nanos(INACTIVE_MS),
      mem_storage: true,
      num_replicas: 1,
      ...filter,
    }),
  );
  return { name, pending: created.num_pending };
}

/** Once a message has been seen, the sequence behind it says more than a time. */
function beginning(startSequence: number, startUnixMs: number | undefined): Partial<ConsumerConfig> {
  if (startSequence > 1) return { deliver_policy: 'by_start_sequence', opt_start_seq: startSequence };
  if (startUnixMs !== undefined)
    return { deliver_policy: 'by_start_time', opt_start_time: new Date(startUnixMs).toISOString() };
  return { deliver_policy: 'all' };
}

/** A delivery lost after the last message we saw shows in no gap: the broker's own count tells. */
async function hasLostDeliveries(
  connection: Connection,
  stream: string,
  consumer: string,
  received: number,
): Promise<boolean> {
  const info = await connection.answer(connection.manager.consumers.info(stream, consumer));
  return info.delivered.consumer_seq !== received;
}
