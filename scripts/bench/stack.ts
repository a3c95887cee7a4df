import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectBus, keyFile, readStateId, type Bus, type TopologyLimits } from '#libs/bus';
import { packageRoot } from '#libs/service';
import { brokerKeys, brokerReady, choosePort, createBroker, credentialsOf, SupervisedProcess } from '#services/cli';

export interface StackPlan {
  /** Name of the benchmark: of its folder and of its connection. */
  name: string;
  /** Sizes of the streams. */
  limits?: Partial<TopologyLimits>;
  /** Services to start, some perhaps several times. */
  services: readonly string[];
  /** Whether the broker knows its users, as the launcher's does. Default: nobody is asked who he is. */
  accounts?: boolean;
  /** What they are told beside the broker's address. */
  environment: (folder: string) => Promise<NodeJS.ProcessEnv>;
}

/** A broker as the launcher configures it and services, each a process of its own. */
export interface Stack extends AsyncDisposable {
  readonly bus: Bus;
  readonly natsUrl: string;
  readonly monitorUrl: string;
  readonly folder: string;
  readonly broker: SupervisedProcess;
  /** In the order of the plan. */
  readonly services: readonly SupervisedProcess[];
}

const STARTING_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
/** As `npm start` runs them. */
const MAIN = path.join(packageRoot(), 'dist/services/cli/main.js');

/** Starts them; disposing stops them and deletes the folder. */
export async function startStack(plan: StackPlan): Promise<Stack> {
  const { name, limits, services: names, environment } = plan;
  const folder = await mkdtemp(path.join(tmpdir(), `sulcus-${name}-`));
  const closers: (() => Promise<unknown> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const [port, monitorPort] = [await freePort(), await freePort()];
    const keys = plan.accounts ? brokerKeys(path.join(folder, 'keys'), []) : undefined;
    const broker = await createBroker({
      ...{ folder: path.join(folder, 'nats'), logFile: path.join(folder, 'nats.log'), port, monitorPort },
      accounts: keys?.accounts,
    });
    broker.start();
    closers.push(() => broker.stop(STOP_GRACE_MS));
    await brokerReady(broker, port, AbortSignal.timeout(STARTING_TIMEOUT_MS));
    const natsUrl = `nats://127.0.0.1:${port}`;
    const user = keys && { name: 'operator', keyFile: path.join(keys.folder, keyFile('operator')) };
    const bus = await connectBus({ servers: natsUrl, name: `bench-${name}`, user });
    closers.push(() => bus.drain());
    await bus.ensureTopology(limits);
    await readStateId(bus);
    const told = { SULCUS_LOG_LEVEL: 'warn', ...process.env, SULCUS_NATS_URL: natsUrl, ...(await environment(folder)) };
    const services = names.map((each, index) =>
      service(
        each,
        { ...told, ...(keys && credentialsOf(keys.folder, each)) },
        path.join(folder, `${index}-${each}.log`),
      ),
    );
    for (const each of services) {
      each.start();
      closers.push(() => each.stop(STOP_GRACE_MS));
    }
    const monitorUrl = `http://127.0.0.1:${monitorPort}`;
    return { bus, natsUrl, monitorUrl, folder, broker, services, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

const service = (name: string, environment: NodeJS.ProcessEnv, logFile: string): SupervisedProcess =>
  new SupervisedProcess({
    name,
    command: process.execPath,
    args: [MAIN, name],
    environment,
    logFile,
    orphanGuard: 'ipc',
    maxRapidFailures: 3,
  });

const freePort = (): Promise<number> => choosePort({ port: 0, explicit: false, purpose: 'a benchmark', option: '' });
