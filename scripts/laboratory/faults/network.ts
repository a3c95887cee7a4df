import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '#libs/random';
import type { ConnectionProxy } from '../observe/connection-proxy.js';
import { PREDICTION_CLIENT } from '../stand/stand.js';
import { duringTraining, oneOf, type Fault, type FaultKind } from './fault.js';

/** Names that the clients of the broker connect under, an import's being that of ingest; and the predictor's client. */
const CLIENTS = ['ingest', 'archiver', 'preprocess', 'trainer', 'predictor', 'launcher', PREDICTION_CLIENT] as const;

const LONGEST_MS = 6000;
const LONGEST_LATENCY_MS = 400;

/** Every connection of a client breaks at once, as when a switch restarts; it may connect again. */
export const cut: FaultKind = {
  name: 'cut',
  description: "a service's connections to the broker are reset, or a client's to the predictor",
  draw: (random) => onConnection(random, async (proxy, client) => proxy.cut(client)),
};

/** Nothing arrives and nobody says so, as behind a firewall that forgot the connection. */
export const blackHole: FaultKind = {
  name: 'black-hole',
  description: 'nothing passes on such connections for up to 6 s, in either direction',
  draw: (random) => {
    const forMs = random.integer(500, LONGEST_MS);
    const isReset = random.chance(0.5);
    return onConnection(random, async (proxy, client) => {
      proxy.swallow(client);
      await sleep(forMs);
      if (isReset) proxy.cut(client);
      proxy.restore(client);
    });
  },
};

export const slow: FaultKind = {
  name: 'slow',
  description: 'messages on such connections are up to 400 ms late in each direction for some seconds',
  draw: (random) => {
    const [forMs, latencyMs] = [random.integer(500, LONGEST_MS), random.integer(20, LONGEST_LATENCY_MS)];
    return onConnection(random, async (proxy, client) => {
      proxy.delay(client, latencyMs);
      await sleep(forMs);
      proxy.delay(client, 0);
    });
  },
};

function onConnection(random: Random, strike: (proxy: ConnectionProxy, client: string) => Promise<void>): Fault {
  const client = oneOf(random, CLIENTS);
  return {
    target: client === PREDICTION_CLIENT ? `${client}–predictor` : `${client}–broker`,
    when: duringTraining(random),
    strike: async (stand) => {
      await strike(stand.proxyOf(client), client);
      return performance.now();
    },
  };
}
