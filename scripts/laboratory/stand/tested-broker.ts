import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus } from '#libs/bus';
import { packageRoot } from '#libs/service';
import { choosePort, SupervisedProcess } from '#services/cli';

/** The broker of a round: the launcher's own server, or a cluster that the launcher is pointed to. */
export interface TestedBroker {
  /** Where each server listens, and where the proxy stands in front of it. */
  ports: readonly { server: number; front: number }[];
  /** What the launcher is told. */
  words: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** Servers that are not the launcher's: one of them, by turns. */
  next?: () => number[];
  stop: () => Promise<void>;
}

const SERVER = process.env['SULCUS_NATS_SERVER'] ?? path.join(packageRoot(), '.sulcus/bin/nats-server');
const STOP_GRACE_MS = 10_000;
const AGREEMENT_TIMEOUT_MS = 60_000;

/**
 * The server that the launcher starts: really a program (`SULCUS_NATS_SERVER`) that starts nats-server with the
 * launcher's own configuration on another port, so that the proxy can take its place.
 */
export async function launchersBroker(folder: string): Promise<TestedBroker> {
  const [front, server, monitor] = (await freePorts(3)) as [number, number, number];
  const program = path.join(folder, 'nats-server-behind-proxy');
  const change = `s|^listen: .*|listen: "127.0.0.1:${server}"|`;
  const script = [
    '#!/bin/sh',
    `if [ "$1" = -c ]; then sed -e '${change}' "$2" > "$2.proxied" && exec '${SERVER}' -c "$2.proxied"; fi`,
    `exec '${SERVER}' "$@"`,
    '',
  ];
  writeFileSync(program, script.join('\n'), { mode: 0o755 });
  return {
    ports: [{ server, front }],
    words: ['--port-nats', String(front), '--port-monitor', String(monitor)],
    environment: { SULCUS_NATS_SERVER: program },
    stop: async () => undefined,
  };
}

/** Servers on loopback that keep every stream on each of them, started again when they end. */
export async function clusterBroker(folder: string, size: number): Promise<TestedBroker> {
  const ports = await Promise.all(
    Array.from({ length: size }, async () => {
      const [server, front, route] = (await freePorts(3)) as [number, number, number];
      return { server, front, route };
    }),
  );
  const routes = ports.map(({ route }) => `"nats://127.0.0.1:${route}"`).join(', ');
  const servers = ports.map(({ server, route }, index) => {
    const store = path.join(folder, `server-${index}`);
    mkdirSync(store, { recursive: true });
    const configuration = path.join(store, 'nats.conf');
    writeFileSync(configuration, serverConfiguration({ index, store, server, route, routes }));
    return new SupervisedProcess({
      name: 'nats',
      command: SERVER,
      args: ['-c', configuration],
      environment: process.env,
      logFile: path.join(folder, `server-${index}.log`),
      orphanGuard: 'shell',
    });
  });
  for (const server of servers) server.start();
  await agreed(ports.map(({ server }) => `nats://127.0.0.1:${server}`).join(','));
  let turn = 0;
  return {
    ports,
    words: ['--nats', ports.map(({ front }) => `nats://127.0.0.1:${front}`).join(',')],
    environment: { SULCUS_STREAM_REPLICAS: String(size), SULCUS_ARCHIVE: path.join(folder, 'state/archive') },
    next: () => [servers[turn++ % size]!.pid].filter((pid) => pid !== undefined),
    stop: async () => void (await Promise.all(servers.map((server) => server.stop(STOP_GRACE_MS)))),
  };
}

/** Resolves when the servers have chosen who leads: before, they answer nothing. */
async function agreed(servers: string): Promise<void> {
  for (const deadlineMs = Date.now() + AGREEMENT_TIMEOUT_MS; ; await sleep(200))
    try {
      await using bus = await connectBus({ servers, name: 'laboratory' });
      await bus.stats();
      return;
    } catch (error) {
      if (Date.now() > deadlineMs) throw error;
    }
}

interface ServerPlan {
  index: number;
  store: string;
  server: number;
  route: number;
  routes: string;
}

/** As deployed, but that clients are not told of the other servers: they would pass the proxy by. */
const serverConfiguration = ({ index, store, server, route, routes }: ServerPlan): string => `
server_name: laboratory-${index}
listen: "127.0.0.1:${server}"
max_payload: 8MB
max_pending: 256MB
jetstream {
  store_dir: "${store}"
  max_file_store: 64GB
  sync_interval: always
}
cluster {
  name: laboratory
  listen: "127.0.0.1:${route}"
  routes: [${routes}]
  no_advertise: true
}
`;

/** Ports of the loopback interface that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count)
    ports.add(await choosePort({ port: 0, explicit: false, purpose: 'the laboratory', option: '' }));
  return [...ports];
}
