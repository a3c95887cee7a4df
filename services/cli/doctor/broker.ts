import { connectBus, MINIMUM_SERVER_VERSION, readDurability } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { findNatsServer } from '../launcher/processes/nats-binary.js';
import { shownPath } from '../shared/paths.js';
import { archiveFinding } from './archive.js';
import type { Finding } from './finding.js';

/** A server that runs answers at once. */
const CONNECT_TIMEOUT_MS = 1500;
/** nats-server's own default; its configuration may name another or none. */
const MONITOR_PORT = 8222;

export interface BrokerPlace {
  /** SULCUS_NATS_URL, or where a server would be by default. */
  readonly url: string;
  /** Whether somebody named it: then it is meant to be there. */
  readonly named: boolean;
}

/** The broker's program on this machine, and the broker that services would connect to: with facts when it answers. */
export async function brokerFindings(place: BrokerPlace): Promise<Finding[]> {
  const server = await serverFinding(place);
  const archive = server.facts === undefined ? undefined : await archiveFinding(place.url);
  return [programFinding(server.facts !== undefined), server, ...(archive ? [archive] : [])];
}

/** @param dispensable a broker runs already, so that none needs to be started */
function programFinding(dispensable: boolean): Finding {
  try {
    const { path, version } = findNatsServer();
    return {
      topic: 'nats-server',
      status: 'ok',
      text: `${version} at ${shownPath(path)} (at least ${MINIMUM_SERVER_VERSION} is needed)`,
      facts: { path, version, minimum: MINIMUM_SERVER_VERSION },
    };
  } catch (error) {
    const text = SulcusError.from(error).rawMessage;
    return dispensable
      ? { topic: 'nats-server', status: 'warning', text }
      : { topic: 'nats-server', status: 'problem', text, advice: 'npm run setup' };
  }
}

async function serverFinding({ url, named }: BrokerPlace): Promise<Finding> {
  try {
    await using bus = await connectBus({ servers: url, name: 'doctor', connectTimeoutMs: CONNECT_TIMEOUT_MS });
    const { serverVersion, maxPayloadBytes } = bus;
    const sync = await syncSetting(url);
    const payload = `max_payload ${(maxPayloadBytes / 1e6).toFixed(1)} MB`;
    const text = `NATS ${serverVersion} at ${addressOf(url)}, JetStream on, ${payload}, ${sync.text}`;
    return {
      topic: 'broker',
      status: 'ok',
      text,
      facts: { address: addressOf(url), serverVersion, maxPayloadBytes, ...sync.facts },
    };
  } catch (error) {
    const text = SulcusError.from(error).rawMessage.split('. ')[0]!;
    if (named)
      return {
        topic: 'broker',
        status: 'problem',
        text,
        advice: 'start it, or unset SULCUS_NATS_URL: npm start brings its own',
      };
    return {
      topic: 'broker',
      status: 'ok',
      text: `none at ${addressOf(url)}; npm start runs its own, other services need one`,
    };
  }
}

/** Without credentials. */
const addressOf = (url: string): string =>
  url
    .split(',')
    .map((each) => each.replace(/^(\w+:\/\/)?([^@/]*@)?/, ''))
    .join(', ');

async function syncSetting(url: string): Promise<{ text: string; facts: object }> {
  const host = addressOf(url).split(/[:,]/)[0]!;
  try {
    const { syncAlways, syncIntervalMs } = await readDurability(
      `http://${host}:${MONITOR_PORT}`,
      AbortSignal.timeout(CONNECT_TIMEOUT_MS),
    );
    return {
      text: syncAlways
        ? 'sync_interval always: what is acknowledged survives a power loss'
        : `sync_interval ${syncIntervalMs / 1000} s: a power loss may take the newest messages`,
      facts: { syncAlways, syncIntervalMs },
    };
  } catch {
    return { text: `sync_interval not seen (no monitoring on port ${MONITOR_PORT})`, facts: {} };
  }
}
