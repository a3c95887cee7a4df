import { errors as natsErrors } from '@nats-io/nats-core';
import { SulcusError } from '#libs/errors';
import { parseAckSubject } from './ack-subject.js';
import { API_TIMEOUT_MS, type Connection } from '../connection/connection.js';
import { requestWithRetry } from '../connection/retry.js';

/**
 * Acknowledges and waits until the broker has recorded it, over reconnects: an acknowledgement that is lost means that
 * the work is done again.
 *
 * @throws BUS_UNAVAILABLE when the broker did not confirm within 30 s
 * @throws STORAGE_FAILED when it has lost the message. It answers no such acknowledgement, and gives the sequences
 * behind the damage again, which the consumer takes for delivered: it must be created anew.
 */
export async function confirmAck(connection: Connection, ackSubject: string): Promise<void> {
  const acknowledge = async (): Promise<void> => {
    try {
      await connection.nats.request(ackSubject, '+ACK', { timeout: API_TIMEOUT_MS });
    } catch (cause) {
      if (cause instanceof natsErrors.TimeoutError && (await isLost(connection, ackSubject)))
        throw new SulcusError('STORAGE_FAILED', 'The broker lost what is acknowledged: its disk is damaged', { cause });
      throw cause;
    }
  };
  await requestWithRetry(connection, 'Could not acknowledge', acknowledge);
}

/** Whether its stream ends before the message by now. */
async function isLost({ manager }: Connection, ackSubject: string): Promise<boolean> {
  const { stream, streamSequence } = parseAckSubject(ackSubject);
  const info = await manager.streams.info(stream).catch(() => undefined);
  return info !== undefined && info.state.last_seq < streamSequence;
}
