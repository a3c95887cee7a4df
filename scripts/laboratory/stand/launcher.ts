import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { packageRoot } from '#libs/service';
import type { BrokerProxy } from '../observe/broker-proxy.js';
import type { Images } from './images.js';
import { findProcesses } from './process-table.js';
import { RUN } from './recipe.js';
import type { TestedBroker } from './tested-broker.js';

/** What a launcher of a round is started with. */
export interface LauncherPlan {
  folder: string;
  stateFolder: string;
  images: Images;
  broker: TestedBroker;
  ports: { ingest: number; predictor: number };
}

const START_TIMEOUT_MS = 60_000;

/** The compiled command line, as `npm start` runs it. */
export const CLI = path.join(packageRoot(), 'dist/services/cli/main.js');

/** What the processes of a round are told: short intervals, so that a round has many checkpoints and versions. */
export const environmentOf = ({ folder, broker }: Pick<LauncherPlan, 'folder' | 'broker'>): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_OPTIONS: `--import ${pathToFileURL(path.join(import.meta.dirname, 'clock.mjs')).href}`,
  SULCUS_BROKER_ACCOUNTS: 'false', // the laboratory looks at everything from outside, through a proxy
  SULCUS_LABORATORY_CLOCKS: path.join(folder, 'clocks'),
  SULCUS_CHECKPOINT_INTERVAL: '500ms',
  SULCUS_VALIDATE_EVERY: '300',
  SULCUS_BATCH_REQUEST_TIMEOUT: '10s',
  SULCUS_ENGINE_THREADS: '1',
  SULCUS_ARCHIVE_UNLABELLED_AGE: '1s',
  SULCUS_KEEP_DECLINED: 'true',
  SULCUS_KEEP_VERSIONS: '1000',
  ...broker.environment,
});

export function launch(plan: LauncherPlan): ChildProcess {
  const { folder, stateFolder, images, broker, ports } = plan;
  const log = openSync(path.join(folder, 'launcher.log'), 'a');
  const words = [
    ...['up', '--no-live', '--data', images.manifest, '--recipe', path.join(folder, 'recipe.json')],
    ...['--mode', 'epochs', '--seed', '3', '--run', RUN, '--state', stateFolder, ...broker.words],
    ...['--port-ingest', String(ports.ingest), '--port-predictor', String(ports.predictor)],
  ];
  const child = spawn(process.execPath, ['--enable-source-maps', CLI, ...words], {
    // The channel tells it when we are gone, were we killed.
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
    env: environmentOf(plan),
  });
  closeSync(log);
  child.channel?.unref();
  endWithUs(child);
  return child;
}

/** A laboratory that is stopped in the middle leaves nothing running. */
function endWithUs(child: ChildProcess): void {
  const end = (): void => void child.kill('SIGTERM');
  process.once('exit', end);
  child.once('exit', () => process.removeListener('exit', end));
}

/**
 * Puts the proxy before the broker once it answers. The launcher looks whether its port is free before it starts a
 * broker: the proxy takes it behind that.
 *
 * @throws when launcher or broker do not start
 */
export async function openProxy(proxy: BrokerProxy, broker: TestedBroker, launcher: ChildProcess): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  // A broker of a launcher that was killed lives a little longer than it.
  const isThere = async (): Promise<boolean> =>
    (broker.next !== undefined || findProcesses('broker', launcher.pid!).length > 0) &&
    (await Promise.all(broker.ports.map(({ server }) => answers(server)))).every(Boolean);
  while (!(await isThere())) {
    if (launcher.exitCode !== null) throw new Error(`the launcher does not start (code ${launcher.exitCode})`);
    if (Date.now() > deadlineMs) throw new Error('the broker does not start');
    await sleep(25);
  }
  for (const { front, server } of broker.ports) await proxy.listen(front, server);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** The last thing that a launcher said. */
export function lastLine({ folder }: Pick<LauncherPlan, 'folder'>): string {
  const file = path.join(folder, 'launcher.log');
  return existsSync(file) ? (readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '') : '';
}
