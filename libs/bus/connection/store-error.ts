import { JetStreamApiError } from '@nats-io/jetstream';
import { parseEnvironment } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { readBrokerFaults } from './broker-faults.js';
import type { Connection } from './connection.js';
import { diskErrorCode } from './disk-errors.js';
import { busEnvironment } from './environment.js';
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

async function toldByMonitoring(stream: string): Promise<SulcusError | undefined> {
  const { monitorUrl } = parseEnvironment(busEnvironment);
  const faults = monitorUrl === undefined ? [] : await readBrokerFaults(monitorUrl);
  const stopped = faults.find(({ needsRestart }) => needsRestart);
  return stopped && new SulcusError(stopped.code, `The broker cannot write to ${stream}: ${stopped.message}`);
}

/** Undefined for a stream that is well, or of which nothing may be deleted. */
export async function storeErrorOf({ manager }: Connection, stream: string): Promise<SulcusError | undefined> {
  try {
    await manager.streams.purge(stream, { filter: NOBODYS_SUBJECT });
    return undefined;
  } catch (error) {
    const refused = error instanceof JetStreamApiError && diskErrorCode(error.message) !== undefined;
    // Who may not delete asks the broker's monitoring, where it is known.
    if (!refused && busError(error, '').code === 'PERMISSION_DENIED') return await toldByMonitoring(stream);
    return refused ? busError(error, `The broker cannot write to ${stream}`) : undefined;
  }
}
