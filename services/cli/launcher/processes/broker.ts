import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CORE_ACCOUNT } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { isAlive } from './is-alive.js';
import { lastLines } from './log-tail.js';
import { findNatsServer } from './nats-binary.js';
import { SupervisedProcess } from './supervised-process.js';

export interface BrokerPlan {
  /** Folder for store and configuration. */
  folder: string;
  logFile: string;
  port: number;
  monitorPort: number;
  /** The `accounts` block of the configuration. Default: nobody is asked who he is. */
  accounts?: string | undefined;
}

const READY_TIMEOUT_MS = 30_000;
const PREDECESSOR_TIMEOUT_MS = 15_000;

/**
 * A NATS server of our own, on the loopback interface: payloads of 8 MB, room for slow readers of such, and every
 * acknowledged message on disk (`sync_interval: always`).
 */
export async function createBroker(plan: BrokerPlan): Promise<SupervisedProcess> {
  const { folder, logFile } = plan;
  const { path: binary } = findNatsServer();
  mkdirSync(folder, { recursive: true });
  await predecessorGone(path.join(folder, 'nats.pid'));
  const configFile = path.join(folder, 'nats.conf');
  const store = path.join(folder, 'store');
  moveStore(store, plan.accounts === undefined ? WITHOUT_ACCOUNTS : CORE_ACCOUNT);
  writeFileSync(configFile, brokerConfiguration(store, plan));
  return new SupervisedProcess({
    name: 'nats',
    command: binary,
    args: ['-c', configFile],
    environment: { GOMEMLIMIT: '768MiB', ...process.env },
    logFile,
    orphanGuard: 'shell',
    maxRapidFailures: 6,
  });
}

function brokerConfiguration(store: string, { folder, port, monitorPort, accounts }: BrokerPlan): string {
  return [
    'server_name: sulcus',
    `pid_file: ${JSON.stringify(path.join(folder, 'nats.pid'))}`,
    `listen: "127.0.0.1:${port}"`,
    `http: "127.0.0.1:${monitorPort}"`,
    'max_payload: 8MB',
    'max_pending: 256MB',
    'jetstream {',
    `  store_dir: ${JSON.stringify(store)}`,
    '  sync_interval: always',
    '}',
    accounts ?? '',
  ].join('\n');
}

/** Account that nats-server keeps the streams of those without an account in. */
const WITHOUT_ACCOUNTS = '$G';

/** The server keeps streams by account: those of a state that had none, or is to have none, change theirs. */
function moveStore(store: string, account: string): void {
  const [from, to] = [account === CORE_ACCOUNT ? WITHOUT_ACCOUNTS : CORE_ACCOUNT, account].map((name) =>
    path.join(store, 'jetstream', name),
  ) as [string, string];
  if (existsSync(from) && !existsSync(to)) renameSync(from, to);
}

/**
 * Two servers on one store would destroy it: that of a launcher that was killed lives a little longer than it.
 *
 * @throws CONFLICT when it does not end
 */
async function predecessorGone(pidFile: string): Promise<void> {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  for (const deadlineMs = performance.now() + PREDECESSOR_TIMEOUT_MS; pid > 0 && isNatsServer(pid); await sleep(100)) {
    if (performance.now() > deadlineMs)
      throw new SulcusError(
        'CONFLICT',
        `nats-server with process id ${pid} still uses this state folder: stop it first`,
      );
  }
}

/** The process id may have gone to another program since; where the system does not say, its being alive decides. */
function isNatsServer(pid: number): boolean {
  if (!isAlive(pid)) return false;
  try {
    return !existsSync('/proc/self/cmdline') || readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('nats.conf');
  } catch {
    return false;
  }
}

/**
 * Resolves when the server greets.
 *
 * @throws BUS_UNAVAILABLE with the last line of the server's log when it does not
 */
export async function brokerReady(broker: SupervisedProcess, port: number, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS;
  while (!(await greets(port))) {
    signal.throwIfAborted();
    if (broker.state === 'failed' || performance.now() > deadlineMs) {
      const { logFile } = broker.spec;
      const [said = 'it says nothing'] = lastLines(logFile, 1);
      throw new SulcusError('BUS_UNAVAILABLE', `nats-server does not start: ${said} (see ${logFile})`);
    }
    await sleep(25);
  }
}

/** The server's first word on a connection is INFO. */
async function greets(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    const [greeting] = (await once(socket, 'data', { signal: AbortSignal.timeout(1000) })) as [Buffer];
    return greeting.toString('latin1').startsWith('INFO ');
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
