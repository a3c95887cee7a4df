import { nuid, type Msg } from '@nats-io/nats-core';
import { retryStream } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { parseAckSubject, type DeliveryInfo } from './ack-subject.js';
import type { Connection } from '../connection/connection.js';
import { busError } from '../connection/errors.js';
import { mayComeBack } from '../connection/retry.js';
import { pullRequest } from './pull-request.js';
import { readerConfig } from './reader-config.js';
import { askForReader, type Reader } from '../sites/site-requests.js';
import { findUnreadable, MOST_GAPS, type Gap, type Unreadable } from './unreadable.js';

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
  /** Told when all that can be read was seen and the broker counts more: those nobody can read, then left out. */
  onUnreadable?: ((unreadable: Unreadable) => void) | undefined;
  signal: AbortSignal;
}

const PULL_EXPIRES_MS = 10_000;
/** The same while the broker says that there is more: when it then sends nothing, something is wrong with it. */
const BEHIND_EXPIRES_MS = 1000;

/** A message and what the broker says about its delivery. */
export interface OrderedDelivery {
  raw: Msg;
  info: DeliveryInfo;
}

/**
 * Reads a stream in order, without a gap and without end, over broker restarts and lost connections. The consumer at
 * the broker is a throw-away: whenever its deliveries do not add up, another one is made behind the last message seen.
 */
export async function* readOrdered(connection: Connection, options: OrderedOptions): AsyncGenerator<OrderedDelivery> {
  const { stream, signal } = options;
  let nextSequence = options.startSequence ?? 1;
  const open = async function* (): AsyncGenerator<OrderedDelivery> {
    try {
      for await (const delivery of readFrom(connection, options, nextSequence)) {
        nextSequence = delivery.info.streamSequence + 1;
        yield delivery;
      }
    } catch (error) {
      throw busError(error, `Could not follow ${stream}`);
    }
  };
  yield* retryStream(open, {
    signal,
    shouldRetry: (failure) =>
      mayComeBack(connection, failure) || (failure.code === 'NOT_FOUND' && !connection.nats.isClosed()),
  });
}

/**
 * Reads with one consumer.
 *
 * @throws BUS_UNAVAILABLE when it lost deliveries, so that another one is needed
 */
async function* readFrom(
  connection: Connection,
  options: OrderedOptions,
  startSequence: number,
): AsyncGenerator<OrderedDelivery> {
  const { stream, signal, window, storedOnly } = options;
  let lost = false;
  const stopListening = connection.onReconnect(() => (lost = true));
  let consumer: string | undefined;
  try {
    const created = await createOrdered(connection, options, startSequence);
    consumer = created.name;
    if (storedOnly && created.pending === 0) return;
    let { pending } = created;
    let [unreadable, lastSequence] = [0, startSequence - 1];
    let gaps: Gap[] | undefined = [];
    for (let received = 0; !lost && !signal.aborted; ) {
      const before = received;
      const expiresMs = pending > 0 ? BEHIND_EXPIRES_MS : PULL_EXPIRES_MS;
      const pull = { batch: window, expiresMs, signal, isAcknowledged: false };
      for await (const raw of pullRequest(connection, stream, consumer, pull)) {
        const info = parseAckSubject(raw.reply ?? '');
        if (info.consumerSequence !== received + 1) lost = true;
        if (lost) break;
        received++;
        pending = Math.max(0, info.pending - unreadable);
        if (info.streamSequence > lastSequence + 1) gaps?.push([lastSequence + 1, info.streamSequence - 1]);
        if (gaps && gaps.length > MOST_GAPS) gaps = undefined;
        lastSequence = info.streamSequence;
        yield { raw, info: { ...info, pending } };
        if (storedOnly && pending === 0) return;
      }
      if (received !== before || lost || signal.aborted) continue;
      lost = await hasLostDeliveries(connection, stream, consumer, received);
      if (lost || pending === 0) continue;
      const [subject = '>', ...others] = options.subjects;
      const place = { stream, consumer, subject: others.length > 0 ? '>' : subject, received, pending };
      const found = await findUnreadable(connection, { ...place, lastSequence, gaps });
      if (!found) continue;
      unreadable = found.stillCounted;
      pending = 0;
      options.onUnreadable?.({ count: found.count, sequences: found.sequences });
      if (storedOnly) return;
    }
    if (lost) throw new SulcusError('BUS_UNAVAILABLE', 'Deliveries were lost with the connection');
  } finally {
    stopListening();
    // What was made for a site goes by itself.
    if (consumer !== undefined && !connection.isSite && !connection.nats.isClosed())
      connection.manager.consumers.delete(stream, consumer).catch(() => {});
  }
}

async function createOrdered(
  connection: Connection,
  { stream, subjects, startUnixMs, headersOnly }: OrderedOptions,
  startSequence: number,
): Promise<Reader> {
  const place = { subjects, startSequence, startUnixMs, headersOnly };
  if (connection.isSite) return await connection.answer(askForReader(connection, stream, place));
  const name = `follow-${nuid.next()}`;
  const created = await connection.answer(connection.manager.consumers.add(stream, readerConfig(name, place)));
  return { name, pending: created.num_pending };
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
