import { nuid, type Msg } from '@nats-io/nats-core';
import { retryStream } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { parseAckSubject, type DeliveryInfo } from './ack-subject.js';
import type { Connection } from '../connection/connection.js';
import { busError } from '../connection/errors.js';
import { mayComeBack } from '../connection/retry.js';
import { pullRequest } from './pull-request.js';
import { readerConfig } from './reader-config.js';
import { ReaderTrouble } from './reader-trouble.js';
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

const log = createLogger('bus');

/** Where a reader begins. */
interface Beginning {
  startSequence: number;
  startUnixMs?: number | undefined;
  /** What it has read last, which it begins with: a stream that holds another message there is no longer the same. */
  seen?: Pick<DeliveryInfo, 'streamSequence' | 'timeUnixMs'>;
}

/**
 * Reads a stream in order, without a gap and without end, over broker restarts and lost connections. The consumer at
 * the broker is a throw-away: whenever its deliveries do not add up, another one is made at the last message seen.
 *
 * A stream whose end was lost, as on a damaged disk, or that was made anew, gives sequences again: what comes then is
 * read all the same, and it is said.
 *
 * @throws NOT_FOUND when only what is stored is wanted and there is no such stream
 */
export async function* readOrdered(connection: Connection, options: OrderedOptions): AsyncGenerator<OrderedDelivery> {
  const { stream, signal, startSequence = 1, startUnixMs } = options;
  const trouble = new ReaderTrouble(`follow ${stream}`);
  const place: { beginning: Beginning } = { beginning: { startSequence, startUnixMs } };
  const open = async function* (): AsyncGenerator<OrderedDelivery> {
    try {
      for await (const delivery of readFrom(connection, options, place, () => trouble.isOver())) {
        const { streamSequence, timeUnixMs } = delivery.info;
        place.beginning = { startSequence: streamSequence, seen: { streamSequence, timeUnixMs } };
        yield delivery;
      }
    } catch (error) {
      throw busError(error, `Could not follow ${stream}`);
    }
  };
  const mayAppear = (failure: SulcusError): boolean =>
    failure.code === 'NOT_FOUND' && !failure.details['noSuchStream'] && !connection.nats.isClosed();
  try {
    yield* retryStream(open, {
      signal,
      shouldRetry: (failure) => mayComeBack(connection, failure) || mayAppear(failure),
      onRetry: (failure) => trouble.goesOn(failure),
    });
  } finally {
    trouble.isOver();
  }
}

/**
 * Reads with one consumer.
 *
 * @param place where it begins; where the next one is to begin, when the stream is found to be another
 * @param onOpen called when the consumer is there
 * @throws BUS_UNAVAILABLE when it lost deliveries, so that another one is needed
 */
async function* readFrom(
  connection: Connection,
  options: OrderedOptions,
  place: { beginning: Beginning },
  onOpen: () => void,
): AsyncGenerator<OrderedDelivery> {
  const { stream, signal, window, storedOnly } = options;
  const { startSequence, seen } = place.beginning;
  let lost = false;
  const stopListening = connection.onReconnect(() => (lost = true));
  let consumer: string | undefined;
  try {
    const created = await createOrdered(connection, options, place.beginning);
    consumer = created.name;
    const end = created.pending === 0 ? await endBefore(connection, stream, place.beginning) : undefined;
    if (end !== undefined) {
      // Behind what was read by time: sequences up to the end may be new ones already.
      place.beginning = seen ? behind(seen) : { startSequence: end + 1 };
      throw isAnother(stream, `it ends at ${end}, and ${seen?.streamSequence ?? startSequence - 1} was read`);
    }
    onOpen();
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
        const isAgain = received === 1 && info.streamSequence === seen?.streamSequence;
        if (isAgain && seen && info.timeUnixMs !== seen.timeUnixMs) {
          place.beginning = behind(seen);
          throw isAnother(stream, `another message lies at ${info.streamSequence} than was read there`);
        }
        if (!isAgain) yield { raw, info: { ...info, pending } };
        if (storedOnly && pending === 0) return;
      }
      if (received !== before || lost || signal.aborted) continue;
      lost = await hasLostDeliveries(connection, stream, consumer, received);
      if (lost || pending === 0) continue;
      const [subject = '>', ...others] = options.subjects;
      const about = { stream, consumer, subject: others.length > 0 ? '>' : subject, received, pending };
      const found = await findUnreadable(connection, { ...about, lastSequence, gaps });
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

const behind = ({ timeUnixMs }: Pick<DeliveryInfo, 'timeUnixMs'>): Beginning => ({
  startSequence: 1,
  startUnixMs: timeUnixMs + 1,
});

function isAnother(stream: string, why: string): SulcusError {
  log.warn({ stream }, `${stream} is no longer what it was: ${why}. Its end was lost or it was made anew; going on`);
  return new SulcusError('BUS_UNAVAILABLE', `${stream} is no longer what it was`);
}

/**
 * Where a stream ends that does not reach what a reader has read of it; undefined for one that does. A site may not
 * look.
 */
async function endBefore(
  connection: Connection,
  stream: string,
  { startSequence, seen }: Beginning,
): Promise<number | undefined> {
  const reached = seen?.streamSequence ?? startSequence - 1;
  if (reached === 0 || connection.isSite) return undefined;
  const { state } = await connection.answer(connection.manager.streams.info(stream));
  return state.last_seq < reached ? state.last_seq : undefined;
}

async function createOrdered(
  connection: Connection,
  { stream, subjects, headersOnly, storedOnly }: OrderedOptions,
  { startSequence, startUnixMs }: Beginning,
): Promise<Reader> {
  const place = { subjects, startSequence, startUnixMs, headersOnly };
  if (connection.isSite) return await connection.answer(askForReader(connection, stream, place));
  const name = `follow-${nuid.next()}`;
  try {
    const created = await connection.answer(connection.manager.consumers.add(stream, readerConfig(name, place)));
    return { name, pending: created.num_pending };
  } catch (error) {
    const failure = busError(error, `Could not follow ${stream}`);
    if (!storedOnly || failure.code !== 'NOT_FOUND') throw failure;
    // Who follows waits for it; who wants what is stored has his answer.
    throw new SulcusError('NOT_FOUND', `The broker has no stream ${stream}`, {
      cause: error,
      details: { noSuchStream: true },
    });
  }
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
