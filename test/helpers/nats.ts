import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { natsServerBinary } from '../../scripts/setup/paths.mjs';

/** Settings of nats-server, in its own notation. Default: what sulcus deploys with, but its default sync interval. */
export interface TestNatsOptions {
  maxPayload?: string;
  maxPending?: string;
  syncInterval?: string;
  /** Further settings, as TLS and users. */
  further?: string;
}

export interface TestNats {
  /** `nats://127.0.0.1:<port>`; the same after a restart. */
  readonly url: string;
  /** Folder of everything that it keeps. */
  readonly storeFolder: string;
  /** `http://127.0.0.1:<port>` of the server's monitoring. */
  readonly monitorUrl: string;
  /** Ends the broker and waits until it is gone; the store stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Starts it again on the same port and store, and waits until it answers. Kills it first when it runs. */
  restart(): Promise<void>;
  /**
   * Flips one bit on the disk of the stored message that holds `marker`: the broker ends in order, and starts again
   * without noticing.
   */
  damage(stream: string, marker: string): Promise<void>;
  /** Folder of the stored messages of a stream. */
  messagesFolder(stream: string): string;
  /** Ends the broker and deletes its store. */
  stop(): Promise<void>;
}

/** Where a nats-server is: SULCUS_NATS_SERVER, what set-up brought, or PATH. */
function natsServer(): string {
  const fromEnvironment = process.env['SULCUS_NATS_SERVER'];
  if (fromEnvironment) return fromEnvironment;
  return existsSync(natsServerBinary) ? natsServerBinary : 'nats-server';
}

/** A TCP port on loopback that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * A nats-server of its own, with JetStream in a fresh temporary folder and the limits that sulcus deploys with.
 * Given a test context, it is stopped when that test ends; the process ends with ours in any case.
 */
export async function startNats(test?: TestContext, options: TestNatsOptions = {}): Promise<TestNats> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-nats-'));
  const port = await freePort();
  const monitorPort = await freePort();
  const url = `nats://127.0.0.1:${port}`;
  const config = path.join(folder, 'nats.conf');
  const logFile = path.join(folder, 'server.log');
  await writeFile(
    config,
    `host: 127.0.0.1
port: ${port}
max_payload: ${options.maxPayload ?? '8MB'}
max_pending: ${options.maxPending ?? '256MB'}
http: "127.0.0.1:${monitorPort}"
log_file: "${logFile}"
jetstream {
  store_dir: "${path.join(folder, 'store')}"
  max_memory_store: 64MB
  max_file_store: 64GB
  sync_interval: ${options.syncInterval ?? '"2m"'}
}
${options.further ?? ''}
`,
  );
  let child: ChildProcess | undefined;
  const killNow = () => child?.kill('SIGKILL');
  process.once('exit', killNow);

  const start = async () => {
    const started = spawn(natsServer(), ['-c', config], { stdio: 'ignore' });
    child = started;
    let failure: Error | undefined;
    started.once(
      'error',
      (error) => (failure = new Error(`nats-server does not start (npm run setup brings one): ${error.message}`)),
    );
    started.once(
      'exit',
      (code) => (failure ??= code === null ? undefined : new Error(`nats-server ended with ${code}`)),
    );
    for (const deadline = Date.now() + 15_000; ; await delay(10)) {
      if (failure) throw failure;
      const log = await readFile(logFile, 'utf8').catch(() => '');
      if (isReady(log, started.pid)) return;
      if (Date.now() > deadline) throw new Error(`nats-server was not ready in 15 s:\n${log}`);
    }
  };
  const kill = async (signal: NodeJS.Signals = 'SIGKILL') => {
    const running = child;
    child = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill(signal);
    await gone;
  };
  const messagesFolder = (stream: string): string => path.join(folder, 'store/jetstream/$G/streams', stream, 'msgs');
  const nats: TestNats = {
    url,
    storeFolder: path.join(folder, 'store'),
    monitorUrl: `http://127.0.0.1:${monitorPort}`,
    kill,
    restart: async () => {
      await kill();
      await start();
    },
    damage: async (stream, marker) => {
      await kill('SIGTERM');
      await flipBit(messagesFolder(stream), marker);
      await start();
    },
    messagesFolder,
    stop: async () => {
      process.removeListener('exit', killNow);
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await start();
  test?.after(() => nats.stop());
  return nats;
}

/** Log lines start with the process id: an older run's "ready" does not count. */
function isReady(log: string, pid: number | undefined): boolean {
  return log.split('\n').some((line) => line.startsWith(`[${pid}]`) && line.includes('Server is ready'));
}

/** Of the first file of a folder that holds the marker. */
async function flipBit(folder: string, marker: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.blk')) continue;
    const file = path.join(folder, name);
    const content = await readFile(file);
    const at = content.indexOf(marker);
    if (at < 0) continue;
    content[at]! ^= 1;
    return writeFile(file, content);
  }
  throw new Error(`No message in ${folder} holds "${marker}"`);
}
