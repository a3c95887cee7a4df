import { codecs, type DeadLetterInput } from '#libs/contracts';
import type { BlobStore } from '../blobs/blob-store.js';
import type { Connection } from '../connection/connection.js';
import type { RequestOptions } from '../connection/retry.js';
import { subjects } from '../topology.js';
import { publish, type PublishOptions } from './publish.js';

/** What could not be processed, and the service that gave it up. */
export type DeadLetter = DeadLetterInput & { service: string };

/** Publishes what could not be processed; originals that do not fit a message go to the blob store first. */
export async function publishDeadLetter(
  connection: Connection,
  blobs: BlobStore,
  deadLetter: DeadLetter,
  { messageId, ...waiting }: Pick<PublishOptions, 'messageId'> & RequestOptions = {},
): Promise<void> {
  const inline = deadLetter.original?.inline;
  const original =
    inline === undefined
      ? deadLetter.original
      : await blobs.toPayload(typeof inline === 'string' ? Buffer.from(inline, 'base64') : inline, waiting);
  await publish(
    connection,
    subjects.dead(deadLetter.service),
    codecs.DeadLetter,
    { timeUnixMs: Date.now(), ...deadLetter, original },
    { messageId, ...waiting },
  );
}
