import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '#libs/service';
import { choosePort } from '#services/cli';

/** The broker of a round: the launcher's own server. */
export interface TestedBroker {
  /** Where each server listens, and where the proxy stands in front of it. */
  ports: readonly { server: number; front: number }[];
  /** What the launcher is told. */
  words: readonly string[];
  environment: NodeJS.ProcessEnv;
}

const SERVER = process.env['SULCUS_NATS_SERVER'] ?? path.join(packageRoot(), '.sulcus/bin/nats-server');

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
  };
}

/** Ports of the loopback interface that are free now. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count)
    ports.add(await choosePort({ port: 0, explicit: false, purpose: 'the laboratory', option: '' }));
  return [...ports];
}
