import { JetStreamApiError } from '@nats-io/jetstream';
import type { SulcusError } from '#libs/errors';
import type { Connection } from './connection.js';
import { diskErrorCode } from './disk-errors.js';
import { busError } from './errors.js';

/** A subject that no stream holds: what is asked about it changes nothing. */
const NOBODYS_SUBJECT = 'sulcus.nobody';

/**
 * Runs what stores a message in a stream. nats-server answers no publisher of a stream once the disk has refused it a
 * write, and keeps that error until it is restarted, with room or without (seen on 2.15.1): when it stays silent though
 * the connection stands, it is asked why.
 *
 * @throws STORAGE_FULL, STORAGE_FAILED for a disk that refuses; else what `store` throws
 */
export async function withStoreError<T>(connection: Connection, stream: string, store: () => Promise<T>): Promise<T> {
  try {
    return await store();
  } catch (error) {
    if (busError(error, '').code !== 'BUS_UNAVAILABLE' || !connection.isConnected) throw error;
    throw (await storeErrorOf(connection, stream)) ?? error;
  }
}

/** Undefined for a stream that is well, or of which nothing may be deleted. */
export async function storeErrorOf({ manager }: Connection, stream: string): Promise<SulcusError | undefined> {
  try {
    await manager.streams.purge(stream, { filter: NOBODYS_SUBJECT });
    return undefined;
  } catch (error) {
    const refused = error instanceof JetStreamApiError && diskErrorCode(error.message) !== undefined;
    return refused ? busError(error, `The broker cannot write to ${stream}`) : undefined;
  }
}
