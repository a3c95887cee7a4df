import { nuid } from '@nats-io/nats-core';
import type { Codec } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { attr, currentTraceparent, withSpan } from '#libs/telemetry';
import type { Connection } from '../connection/connection.js';
import { isWrongLastSequence } from '../connection/errors.js';
import { requestWithRetry, type RequestOptions } from '../connection/retry.js';
import { withStoreError } from '../connection/store-error.js';
import { NOUNS, streamOf, type StreamName } from '../topology.js';
import { contentHeaders } from './envelope.js';
import { HeaderName, writeHeaders } from './headers.js';

export interface PublishOptions extends RequestOptions {
  /**
   * A repeated id within the duplicate window is stored once. Default: an id of this call, so that it may be sent
   * again.
   */
  messageId?: string;
  headers?: Record<string, string>;
  /** True: store only when the subject holds no message yet; otherwise the answer says `duplicate`. Never expires. */
  firstOnSubject?: boolean;
  /** Store only when this is still the newest sequence of the stream (0: it never had one); else CONFLICT. */
  expectedLastSequence?: number;
}

export interface PublishResult {
  /** Sequence in the stream; for a duplicate, of the message that is there already. */
  sequence: number;
  duplicate: boolean;
}

const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Stores one message: resolves when the broker has it. While the broker is away it is tried again for 30 s (or
 * `retryTimeoutMs`), and stored once all the same. Pipeline events are the exception: they are worth one attempt.
 *
 * @throws BACKPRESSURE when the stream is full, STORAGE_FULL when the broker's disk is, BUS_UNAVAILABLE when it is
 *   away, CONFLICT when something else was stored first (`expectedLastSequence`)
 */
export async function publish<I>(
  connection: Connection,
  subject: string,
  codec: Codec<I, unknown>,
  message: I,
  options: PublishOptions,
): Promise<PublishResult> {
  const stream = streamOf(subject);
  if (stream === undefined) throw new SulcusError('INVALID_ARGUMENT', `No stream stores the subject ${subject}`);
  const payload = codec.encode(message);
  const send = () => store(connection, stream, subject, payload, codec.typeName, options);
  if (stream === 'EVENTS') return send(); // reports about the work are not part of its trace
  const attributes = {
    [attr.messagingSystem]: 'nats',
    [attr.messagingOperationName]: 'publish',
    [attr.messagingOperationType]: 'send',
    [attr.messagingDestinationName]: stream,
    [attr.messagingBodySizeBytes]: payload.length,
    ...(options.messageId === undefined ? {} : { [attr.messagingMessageId]: options.messageId }),
  };
  return withSpan(`send ${NOUNS[stream]}`, { kind: 'producer', attributes }, async (span) => {
    const result = await send();
    span.setAttributes({ [attr.natsStreamSequence]: result.sequence });
    return result;
  });
}

async function store(
  connection: Connection,
  stream: StreamName,
  subject: string,
  payload: Buffer,
  typeName: string,
  { messageId, headers, firstOnSubject, expectedLastSequence, ...waiting }: PublishOptions,
): Promise<PublishResult> {
  const publishId = nuid.next();
  const bestEffort = stream === 'EVENTS';
  const dedupId = messageId ?? (firstOnSubject || bestEffort ? undefined : publishId);
  const options = {
    headers: writeHeaders({
      [HeaderName.TRACEPARENT]: currentTraceparent(),
      ...headers,
      ...contentHeaders(typeName, payload),
      [HeaderName.PUBLISH_ID]: publishId,
    }),
    timeout: ATTEMPT_TIMEOUT_MS,
    ...(dedupId === undefined ? {} : { msgID: dedupId }),
    ...(firstOnSubject ? { expect: { lastSubjectSequence: 0 } } : {}),
    ...(expectedLastSequence === undefined ? {} : { expect: { lastSequence: expectedLastSequence } }),
  };
  const send = async (attempt: number): Promise<PublishResult> => {
    const { sequence, present } = await sendOnce(connection, stream, subject, payload, options);
    // An earlier attempt of this very call, whose answer was lost, is no duplicate.
    const ours = present && attempt > 1 && (await publishIdAt(connection, stream, sequence)) === publishId;
    if (present && !ours && expectedLastSequence !== undefined) throw storedFirst(stream, expectedLastSequence);
    return { sequence, duplicate: present && !ours };
  };
  const doing = `Could not publish to ${subject}`;
  return await requestWithRetry(connection, doing, send, bestEffort ? { ...waiting, retryTimeoutMs: 0 } : waiting);
}

/** `present`: the broker had the message, or another one on its subject, before. */
async function sendOnce(
  connection: Connection,
  stream: StreamName,
  subject: string,
  payload: Buffer,
  options: Parameters<Connection['js']['publish']>[2] & object,
): Promise<{ sequence: number; present: boolean }> {
  try {
    const { seq, duplicate } = await withStoreError(connection, stream, () =>
      connection.js.publish(subject, payload, options),
    );
    return { sequence: seq, present: duplicate };
  } catch (error) {
    if (!options.expect || !isWrongLastSequence(error)) throw error;
    const { lastSequence } = options.expect;
    // Where our own message would lie, had an earlier attempt stored it.
    if (lastSequence !== undefined) return { sequence: lastSequence + 1, present: true };
    return { sequence: await existingSequence(connection, stream, subject, error as Error), present: true };
  }
}

const storedFirst = (stream: StreamName, expected: number): SulcusError =>
  new SulcusError('CONFLICT', `${stream} has grown beyond ${expected}: look again before adding to it`, {
    details: { stream, expected },
  });

async function publishIdAt(connection: Connection, stream: StreamName, sequence: number): Promise<string | undefined> {
  const stored = await connection.manager.direct.getMessage(stream, { seq: sequence });
  return stored?.header.get(HeaderName.PUBLISH_ID);
}

/** The broker names the sequence in its refusal; asking for the message would fetch a whole image. */
async function existingSequence(
  connection: Connection,
  stream: StreamName,
  subject: string,
  refusal: Error,
): Promise<number> {
  const named = /wrong last sequence: (\d+)/.exec(refusal.message);
  if (named) return Number(named[1]);
  const stored = await connection.manager.direct.getMessage(stream, { last_by_subj: subject });
  return stored?.seq ?? 0;
}
