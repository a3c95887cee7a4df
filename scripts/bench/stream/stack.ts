import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectBus, type Bus } from '#libs/bus';
import { PHANTOM_CLASSES } from '#libs/imaging';
import { brokerReady, choosePort, createBroker, SupervisedProcess } from '#services/cli';
import type { StreamBenchOptions } from './options.js';
import { benchRecipe } from './recipe.js';

/** A broker and the services that an image of the stream crosses, each a process of its own. */
export interface StreamStack extends AsyncDisposable {
  readonly bus: Bus;
  readonly monitorUrl: string;
  readonly archiveFolder: string;
  readonly trainer: SupervisedProcess;
  readonly services: readonly SupervisedProcess[];
}

export const RUN = 'bench';
const SERVICES = ['preprocess', 'trainer', 'archiver'] as const;
const STARTING_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
const ROOT = path.resolve(import.meta.dirname, '../../..');

export async function startStreamStack(options: StreamBenchOptions): Promise<StreamStack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-stream-'));
  const closers: (() => Promise<unknown> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const [port, monitorPort] = [await freePort(), await freePort()];
    const plan = { folder: path.join(folder, 'nats'), logFile: path.join(folder, 'nats.log'), port, monitorPort };
    const broker = await createBroker(plan);
    broker.start();
    closers.push(() => broker.stop(STOP_GRACE_MS));
    await brokerReady(broker, port, AbortSignal.timeout(STARTING_TIMEOUT_MS));
    const natsUrl = `nats://127.0.0.1:${port}`;
    process.env['SULCUS_STREAM_SCANS_BYTES'] = `${options.limit}MB`;
    const bus = await connectBus({ servers: natsUrl, name: 'bench-stream' });
    closers.push(() => bus.drain());
    await bus.ensureTopology();
    const recipeFile = path.join(folder, 'recipe.json');
    await writeFile(recipeFile, JSON.stringify(benchRecipe(options)));
    const archiveFolder = path.join(folder, 'archive');
    const environment = {
      SULCUS_LOG_LEVEL: 'warn',
      ...process.env,
      SULCUS_NATS_URL: natsUrl,
      SULCUS_RUN: RUN,
      SULCUS_CLASSES: PHANTOM_CLASSES.join(','),
      SULCUS_RECIPE: recipeFile,
      SULCUS_ARCHIVE: archiveFolder,
      SULCUS_STREAM_PAUSE: '2s',
    };
    const services = SERVICES.map((name) => service(name, environment, path.join(folder, `${name}.log`)));
    for (const each of services) {
      each.start();
      closers.push(() => each.stop(STOP_GRACE_MS));
    }
    const trainer = services.find(({ name }) => name === 'trainer')!;
    const monitorUrl = `http://127.0.0.1:${monitorPort}`;
    return { bus, monitorUrl, archiveFolder, trainer, services, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

const service = (name: string, environment: NodeJS.ProcessEnv, logFile: string): SupervisedProcess =>
  new SupervisedProcess({
    name,
    command: process.execPath,
    args: [...process.execArgv, path.join(ROOT, 'services/cli/main.ts'), name],
    environment,
    logFile,
    orphanGuard: 'ipc',
    maxRapidFailures: 3,
  });

const freePort = (): Promise<number> => choosePort({ port: 0, explicit: false, purpose: 'a benchmark', option: '' });
