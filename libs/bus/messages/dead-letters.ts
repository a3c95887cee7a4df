import { codecs, type DeadLetterInput } from '#libs/contracts';
import type { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Connection } from '../connection/connection.js';
import { HeaderName } from './headers.js';
import type { RawDelivery } from '../consumers/delivery.js';
import { publish } from './publish.js';
import { subjects, type StreamName } from '../topology.js';

const log = createLogger('bus');

/** Publishes what could not be processed; originals that do not fit a message go to the blob store first. */
export async function publishDeadLetter(
  connection: Connection,
  blobs: BlobStore,
  letter: DeadLetterInput & { service: string },
  messageId?: string,
): Promise<void> {
  const inline = letter.original?.inline;
  const original =
    inline === undefined
      ? letter.original
      : await blobs.toPayload(typeof inline === 'string' ? Buffer.from(inline, 'base64') : inline);
  await publish(
    connection,
    subjects.dead(letter.service),
    codecs.DeadLetter,
    { timeUnixMs: Date.now(), ...letter, original },
    { messageId },
  );
}

/** The dead letter of a delivery that a consumer gives up, with the bytes as they arrived. */
export async function deadLetterDelivery(
  connection: Connection,
  blobs: BlobStore,
  stream: StreamName,
  durable: string,
  delivery: RawDelivery,
  error: SulcusError,
): Promise<void> {
  const { streamSequence, deliveryCount } = delivery.info;
  const letter = {
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
  await publishDeadLetter(connection, blobs, letter, `dead:${stream}:${durable}:${streamSequence}`);
}
