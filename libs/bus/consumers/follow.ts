import type { Codec } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { Connection } from '../connection/connection.js';
import { openMessage } from '../messages/envelope.js';
import { readOrdered } from './ordered-consumer.js';
import { HeaderName, readHeaders, type Headers } from '../messages/headers.js';
import { requestWithRetry, type RequestOptions } from '../connection/retry.js';
import { pullWindow } from './pull-window.js';
import type { StreamName } from '../topology.js';
import type { Unreadable } from './unreadable.js';

/** A stored message, read by its place in the stream. */
export interface Received<O> {
  message: O;
  headers: Headers;
  sequence: number;
  subject: string;
  timeUnixMs: number;
  /** W3C trace context of the sender's span. */
  traceparent?: string;
}

/** A message of a stream that is followed. */
export interface Followed<O> extends Omit<Received<O>, 'message'> {
  /** Absent when only headers were asked for, no codec was given, or the message is invalid. */
  message?: O;
  /** Why the message could not be decoded. */
  error?: SulcusError;
  /** Messages still to come at this moment; 0 when everything stored so far has been seen. */
  pending: number;
}

export interface FollowOptions<O> {
  stream: StreamName;
  subject?: string;
  /** First sequence wanted. Default: the beginning. */
  startSequence?: number;
  /** Instead: nothing stored before this time. */
  startUnixMs?: number;
  /** True: ends when it has caught up with what is stored, instead of waiting for more. */
  storedOnly?: boolean;
  /** True: leaves the bodies at the broker. */
  headersOnly?: boolean;
  signal: AbortSignal;
  codec?: Codec<never, O>;
  /**
   * Told when all that can be read was seen and the broker counts more messages: those that nobody can read. From then
   * on `pending` leaves them out.
   */
  onUnreadable?: ((unreadable: Unreadable) => void) | undefined;
}

/** Without bodies, of about a kilobyte each, many messages fit the window of bytes: one round trip for all of them. */
const HEADERS_ONLY_WINDOW = 2048;

export async function* follow<O>(connection: Connection, options: FollowOptions<O>): AsyncGenerator<Followed<O>> {
  const { stream, subject, startSequence, startUnixMs, storedOnly, headersOnly, signal, codec, onUnreadable } = options;
  const window = headersOnly ? HEADERS_ONLY_WINDOW : pullWindow(stream, connection.maxPayloadBytes);
  for await (const { raw, info } of readOrdered(connection, {
    stream,
    subjects: subject === undefined ? [] : [subject],
    startSequence,
    startUnixMs,
    storedOnly,
    headersOnly,
    window,
    signal,
    onUnreadable,
  })) {
    const headers = readHeaders(raw.headers);
    const followed: Followed<O> = {
      headers,
      sequence: info.streamSequence,
      subject: raw.subject,
      timeUnixMs: info.timeUnixMs,
      traceparent: headers.get(HeaderName.TRACEPARENT),
      pending: info.pending,
    };
    if (codec && !headersOnly) {
      try {
        followed.message = openMessage(codec, raw.data, headers);
      } catch (error) {
        followed.error = SulcusError.from(error);
      }
    }
    yield followed;
  }
}

/** Reads one stored message, by sequence or the last one of a subject; undefined when there is none (any more). */
export async function getStored<O>(
  connection: Connection,
  stream: StreamName,
  query: { seq: number } | { last_by_subj: string },
  codec: Codec<never, O>,
  options: RequestOptions = {},
): Promise<Received<O> | undefined> {
  const read = () =>
    requestWithRetry(
      connection,
      `Could not read from ${stream}`,
      () => connection.manager.direct.getMessage(stream, query),
      options,
    );
  const stored = await connection.reads(stream)(read);
  if (stored === null) return undefined;
  const headers = readHeaders(stored.header);
  return {
    message: openMessage(codec, stored.data, headers),
    headers,
    sequence: stored.seq,
    subject: stored.subject,
    timeUnixMs: stored.time.getTime(),
    traceparent: headers.get(HeaderName.TRACEPARENT),
  };
}
