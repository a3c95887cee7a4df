import { nuid } from '@nats-io/nats-core';
import type { PubAck } from '@nats-io/jetstream';
import type { Codec } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { attr, currentTraceparent, withSpan } from '#libs/telemetry';
import { cancelled, type Connection } from '../connection/connection.js';
import { contentHeaders } from './envelope.js';
import { busError, isWrongLastSequence } from '../connection/errors.js';
import { HeaderName, writeHeaders } from './headers.js';
import { backOff, PATIENCE_MS } from '../connection/retry.js';
import { NOUNS, streamOf, type StreamName } from '../topology.js';

export interface PublishOptions {
  /** A repeated id within the duplicate window is stored once. Default: an id of this call, so that it may be sent again. */
  messageId?: string;
  headers?: Record<string, string>;
  /** True: store only when the subject holds no message yet; otherwise the answer says `duplicate`. Never expires. */
  firstOnSubject?: boolean;
  signal?: AbortSignal;
}

export interface PublishResult {
  /** Sequence in the stream; for a duplicate, of the message that is there already. */
  sequence: number;
  duplicate: boolean;
}

const ATTEMPT_TIMEOUT_MS = 10_000;

/**
 * Stores one message: resolves when the broker has it. While the broker is away it is tried again for 30 s, and stored
 * once all the same. Pipeline events are the exception: they are worth one attempt.
 *
 * @throws BACKPRESSURE when the stream is full, STORAGE_FULL when the broker's disk is, BUS_UNAVAILABLE when it is away
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
  options: PublishOptions,
): Promise<PublishResult> {
  const publishId = nuid.next();
  const bestEffort = stream === 'EVENTS';
  const messageId = options.messageId ?? (options.firstOnSubject || bestEffort ? undefined : publishId);
  const headers = writeHeaders({
    [HeaderName.TRACEPARENT]: currentTraceparent(),
    ...options.headers,
    ...contentHeaders(typeName, payload),
    [HeaderName.PUBLISH_ID]: publishId,
  });
  const attempt = (): Promise<PubAck> =>
    connection.js.publish(subject, payload, {
      headers,
      timeout: ATTEMPT_TIMEOUT_MS,
      ...(messageId === undefined ? {} : { msgID: messageId }),
      ...(options.firstOnSubject ? { expect: { lastSubjectSequence: 0 } } : {}),
    });
  const deadline = Date.now() + PATIENCE_MS;
  for (let tries = 1; ; tries++) {
    if (options.signal?.aborted) throw cancelled(options.signal);
    try {
      const ack = await connection.answer(attempt(), options.signal);
      if (!ack.duplicate) return { sequence: ack.seq, duplicate: false };
      return { sequence: ack.seq, duplicate: !(tries > 1 && (await isOurs(connection, stream, ack.seq, publishId))) };
    } catch (error) {
      if (options.firstOnSubject && isWrongLastSequence(error)) {
        const sequence = await existingSequence(connection, stream, subject, error as Error);
        return { sequence, duplicate: !(tries > 1 && (await isOurs(connection, stream, sequence, publishId))) };
      }
      const failure = busError(error, `Could not publish to ${subject}`);
      if (failure.code !== 'BUS_UNAVAILABLE' || bestEffort || connection.nats.isClosed() || Date.now() >= deadline)
        throw failure;
      await backOff(tries, options.signal);
    }
  }
}

/** True when the stored message is an earlier attempt of this very call, whose answer was lost. */
async function isOurs(
  connection: Connection,
  stream: StreamName,
  sequence: number,
  publishId: string,
): Promise<boolean> {
  const stored = await connection.manager.direct.getMessage(stream, { seq: sequence });
  return stored?.header.get(HeaderName.PUBLISH_ID) === publishId;
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
