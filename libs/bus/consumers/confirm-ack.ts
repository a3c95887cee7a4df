import { errors as natsErrors } from '@nats-io/nats-core';
import { SulcusError } from '#libs/errors';
import { API_TIMEOUT_MS, type Connection } from '../connection/connection.js';
import { isNotFound } from '../connection/errors.js';
import { requestWithRetry } from '../connection/retry.js';
import { parseAckSubject } from './ack-subject.js';

/**
 * Acknowledges and waits until the broker has recorded it, over reconnects: an acknowledgement that is lost means that
 * the work is done again.
 *
 * @throws BUS_UNAVAILABLE when the broker did not confirm within 30 s; earlier when it has forgotten the delivery, as
 * one that was killed may: it answers no acknowledgement of what it did not deliver, and delivers it again
 * @throws STORAGE_FAILED when it has lost the message. It answers no such acknowledgement, and gives the sequences
 * behind the damage again, which the consumer takes for delivered: it must be created anew.
 */
export async function confirmAck(connection: Connection, ackSubject: string): Promise<void> {
  const acknowledge = async (): Promise<SulcusError | undefined> => {
    try {
      await connection.nats.request(ackSubject, '+ACK', { timeout: API_TIMEOUT_MS });
      return undefined;
    } catch (cause) {
      const reason = cause instanceof natsErrors.TimeoutError ? await whyUnanswered(connection, ackSubject) : undefined;
      if (reason) return reason;
      throw cause;
    }
  };
  const failure = await requestWithRetry(connection, 'Could not acknowledge', acknowledge);
  if (failure) throw failure;
}

/** Why the broker will never answer; undefined: as far as it can be seen, it may. */
async function whyUnanswered({ manager }: Connection, ackSubject: string): Promise<SulcusError | undefined> {
  const { stream, consumer, streamSequence } = parseAckSubject(ackSubject);
  const { state } = (await manager.streams.info(stream).catch(() => undefined)) ?? {};
  if (state && state.last_seq < streamSequence)
    return new SulcusError('STORAGE_FAILED', 'The broker lost what is acknowledged: its disk is damaged');
  const delivered = await manager.consumers.info(stream, consumer).then(
    (info) => info.delivered.stream_seq,
    (error: unknown) => (isNotFound(error) ? 0 : Infinity),
  );
  return delivered < streamSequence
    ? new SulcusError('BUS_UNAVAILABLE', 'The broker was killed and forgot that it delivered this: it comes again')
    : undefined;
}
