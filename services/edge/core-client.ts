import { createClient, type ClientLife, type Methods } from '#libs/rpc';
import type { EdgeConfig } from './config.js';

/** A line that loses everything is noticed after both together, however long TCP would go on trying. */
const KEEPALIVE_MS = 3_000;
const KEEPALIVE_TIMEOUT_MS = 5_000;

/** How long a call waits for the core to be there. */
export const CONNECT_TIMEOUT_MS = 5_000;

type CoreAddress = Pick<EdgeConfig, 'core' | 'coreSecurity' | 'maxMessageBytes'>;
type CoreClient = Methods<'Ingest'> & ClientLife;

/** A client of the core's ingest on a connection of its own: an attempt that hangs ends with it. */
export const connectCore = ({ core, coreSecurity, maxMessageBytes }: CoreAddress): CoreClient =>
  createClient('Ingest', core, {
    security: coreSecurity,
    maxMessageBytes,
    serverName: 'ingest of the core',
    retry: false,
    ownConnection: true,
    keepaliveMs: KEEPALIVE_MS,
    keepaliveTimeoutMs: KEEPALIVE_TIMEOUT_MS,
  });

/**
 * Calls the core on a connection that ends with the call.
 *
 * @throws SERVICE_UNAVAILABLE when it is not there within five seconds; what `call` throws
 */
export async function callCore<T>(address: CoreAddress, call: (client: CoreClient) => Promise<T>): Promise<T> {
  const client = connectCore(address);
  try {
    await client.waitForReady(CONNECT_TIMEOUT_MS);
    return await call(client);
  } finally {
    client.close();
  }
}
