import { retryWithBackoff } from '#libs/async';
import type { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Connection } from '../connection/connection.js';
import { mayComeBack } from '../connection/retry.js';
import { publishDeadLetter } from '../messages/dead-letters.js';
import { HeaderName } from '../messages/headers.js';
import type { StreamName } from '../topology.js';
import type { RawDelivery } from './delivery.js';

const log = createLogger('bus');

export interface Consumer {
  connection: Connection;
  blobs: BlobStore;
  stream: StreamName;
  durable: string;
  signal: AbortSignal;
}

/**
 * Keeps a delivery that a consumer gives up, with the bytes as they arrived, and then ends its life. While the broker
 * is away it is tried again until the signal aborts, once after that.
 *
 * @throws what cannot be helped by waiting; the broker then delivers the message again
 */
export async function deadLetterDelivery(
  { connection, blobs, stream, durable, signal }: Consumer,
  delivery: RawDelivery,
  error: SulcusError,
): Promise<void> {
  const { streamSequence, deliveryCount } = delivery.info;
  const deadLetter = {
    service: connection.name,
    code: error.code,
    cause: error.rawMessage,
    source: `${stream}/${streamSequence}`,
    originalType: delivery.headers.get(HeaderName.SCHEMA) ?? '',
    original: { inline: delivery.raw.data },
    deliveries: deliveryCount,
    subject: delivery.raw.subject,
  };
  log.warn(
    {
      stream,
      durable,
      sequence: streamSequence,
      code: error.code,
      ...(error.code === 'INTERNAL' ? { err: error } : { cause: error.rawMessage }),
    },
    'Gave up a message: it goes to the dead letters',
  );
  const messageId = `dead:${stream}:${durable}:${streamSequence}`;
  await retryWithBackoff(() => publishDeadLetter(connection, blobs, deadLetter, { messageId, retryTimeoutMs: 0 }), {
    signal,
    shouldRetry: (failure) => mayComeBack(connection, failure),
  });
  delivery.terminate(error.code);
}
