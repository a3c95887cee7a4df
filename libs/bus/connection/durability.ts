import { SulcusError } from '#libs/errors';

/** What a NATS server promises about messages it has acknowledged. */
export interface Durability {
  /**
   * True: an acknowledged message is on the disk (`sync_interval: always`). False: it survives the end of the server's
   * process, but a power loss may take what was written within `syncIntervalMs`.
   */
  syncAlways: boolean;
  syncIntervalMs: number;
  /** Unsent bytes at which the server cuts a connection. */
  maxPendingBytes: number;
  maxPayloadBytes: number;
  /** Bytes that all streams together may reserve. */
  maxStorageBytes: number;
  /** Connections cut because they did not read fast enough, since the server started. */
  slowConsumers: number;
  serverVersion: string;
}

interface ServerVariables {
  version: string;
  max_pending: number;
  max_payload: number;
  slow_consumers: number;
  jetstream?: { config?: { sync_always?: boolean; sync_interval?: number; max_storage?: number } };
}

/**
 * Asks the server's monitoring port (`http:` in its configuration): the client protocol does not tell.
 *
 * @param monitorUrl for example `http://127.0.0.1:8222`
 * @throws BUS_UNAVAILABLE when nothing answers there, or JetStream is off
 */
export async function readDurability(
  monitorUrl: string,
  signal: AbortSignal = AbortSignal.timeout(5000),
): Promise<Durability> {
  let variables: ServerVariables;
  try {
    const response = await fetch(new URL('/varz', monitorUrl), { signal });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    variables = (await response.json()) as ServerVariables;
  } catch (error) {
    throw new SulcusError('BUS_UNAVAILABLE', `The NATS server's monitoring does not answer at ${monitorUrl}`, {
      cause: error,
    });
  }
  const config = variables.jetstream?.config;
  if (config === undefined)
    throw new SulcusError('BUS_UNAVAILABLE', `The NATS server at ${monitorUrl} runs without JetStream`);
  return {
    syncAlways: config.sync_always ?? false,
    syncIntervalMs: (config.sync_interval ?? 0) / 1e6,
    maxPendingBytes: variables.max_pending,
    maxPayloadBytes: variables.max_payload,
    maxStorageBytes: config.max_storage ?? 0,
    slowConsumers: variables.slow_consumers,
    serverVersion: variables.version,
  };
}
