import type { Connection } from '../connection/connection.js';
import { isDeletedAlready } from '../connection/errors.js';
import { requestWithRetry, type RequestOptions } from '../connection/retry.js';
import { askToErase } from '../sites/site-requests.js';
import type { StreamName } from '../topology.js';

export interface DeleteOptions extends RequestOptions {
  /** Whether its bytes are overwritten on the disk, which costs a rewrite of the block they lie in. Default: false. */
  erase?: boolean;
}

/** Deletes one stored message, over broker restarts; one that is gone is deleted already. */
export async function deleteStored(
  connection: Connection,
  stream: StreamName,
  sequence: number,
  { erase = false, ...options }: DeleteOptions = {},
): Promise<void> {
  // A site deletes nothing itself: the core erases what was withdrawn.
  if (connection.isSite) return await askToErase(connection, sequence, options);
  const remove = async (): Promise<void> => {
    try {
      await connection.manager.streams.deleteMessage(stream, sequence, erase);
    } catch (error) {
      if (!isDeletedAlready(error)) throw error;
    }
  };
  await requestWithRetry(connection, `Could not delete message ${sequence} of ${stream}`, remove, options);
}

/** Deletes every stored message of a subject, over broker restarts. */
export async function deleteSubject(
  connection: Connection,
  stream: StreamName,
  subject: string,
  options?: RequestOptions,
): Promise<void> {
  const remove = async (): Promise<void> => void (await connection.manager.streams.purge(stream, { filter: subject }));
  await requestWithRetry(connection, `Could not delete ${subject} of ${stream}`, remove, options);
}
