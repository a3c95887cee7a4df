import { SulcusError } from '#libs/errors';
import type { StreamName } from '../topology.js';

/** How far a stream has got, as the process of a server has it in memory. */
export interface LastPlace {
  /** Of the server's process: a server that is started again has another. */
  serverId: string;
  lastSequence: number;
}

const TIMEOUT_MS = 5000;

interface JetStreamState {
  server_id: string;
  account_details?: {
    stream_detail?: { name: string; state: { last_seq: number }; cluster?: { replicas?: unknown[] } }[];
  }[];
}

/**
 * Asks the monitoring port, which answers also while streams refuse everything.
 *
 * @param monitorUrl for example `http://127.0.0.1:8222`
 * @returns undefined for a stream that is not there, or has copies on other servers, whose places one server cannot
 *   tell
 * @throws BUS_UNAVAILABLE
 */
export async function readLastPlace(monitorUrl: string, stream: StreamName): Promise<LastPlace | undefined> {
  try {
    const url = new URL('/jsz?accounts=true&streams=true', monitorUrl);
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const { server_id: serverId, account_details: accounts = [] } = (await response.json()) as JetStreamState;
    const streams = accounts.flatMap(({ stream_detail = [] }) => stream_detail.filter(({ name }) => name === stream));
    const [found, ...others] = streams;
    if (!found || others.length > 0 || (found.cluster?.replicas ?? []).length > 0) return undefined;
    return { serverId, lastSequence: found.state.last_seq };
  } catch (cause) {
    throw new SulcusError('BUS_UNAVAILABLE', `the NATS server's monitoring does not answer at ${monitorUrl}`, {
      cause,
    });
  }
}
