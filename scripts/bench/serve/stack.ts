import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientSecurity } from '#libs/access';
import { connectBus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { defaultTransform, transformHash, type TransformSpec } from '#libs/imaging';
import { encodeSafetensors, initialState } from '#libs/nn';
import { Registry, type ModelCard } from '#libs/registry';
import { createClient, type Methods } from '#libs/rpc';
import { packageRoot } from '#libs/service';
import { brokerReady, choosePort, createBroker, SupervisedProcess } from '#services/cli';
import { benchIdentities } from '../identities.js';
import { networkConfig } from '../options.js';
import type { ServeBenchOptions } from './options.js';

/** A predictor process that serves, and a client of its statistics. */
export interface Served {
  readonly name: string;
  readonly address: string;
  readonly pid: number;
  readonly inference: Pick<Methods<'Inference'>, 'modelStatistics'>;
  /** What its clients show; undefined: it asks nobody. */
  readonly security?: ClientSecurity | undefined;
}

export interface Stack extends AsyncDisposable {
  readonly registry: Registry;
  /** Two versions of one network with different weights; the first is the champion. */
  readonly versions: readonly [ModelCard, ModelCard];
  /** Starts a predictor and waits until it serves. */
  startPredictor(name: string, batchSize: number, secured?: boolean): Promise<Served>;
}

export const MODEL_NAME = 'bench';
const CLASS_NAMES = ['glioma', 'meningioma', 'notumor', 'pituitary'];
const SERVING_TIMEOUT_MS = 180_000;
const STOP_GRACE_MS = 20_000;
const ROOT = packageRoot();

/** A broker of its own in a temporary folder, two published versions, and predictors as processes of their own. */
export async function startStack(options: ServeBenchOptions): Promise<Stack> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-serve-'));
  const processes: SupervisedProcess[] = [];
  const closers: (() => Promise<unknown> | void)[] = [() => rm(folder, { recursive: true, force: true })];
  const close = async (): Promise<void> => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    const [port, monitorPort] = [await freePort(), await freePort()];
    const broker = await createBroker({
      folder: path.join(folder, 'nats'),
      logFile: path.join(folder, 'nats.log'),
      port,
      monitorPort,
    });
    processes.push(broker);
    broker.start();
    closers.push(() => broker.stop(STOP_GRACE_MS));
    await brokerReady(broker, port, AbortSignal.timeout(SERVING_TIMEOUT_MS));
    const natsUrl = `nats://127.0.0.1:${port}`;
    const bus = await connectBus({ servers: natsUrl, name: 'bench-serve' });
    closers.push(() => bus.drain());
    await bus.ensureTopology();
    const registry = new Registry(bus);
    const versions = [await publish(registry, options, 1), await publish(registry, options, 2)] as const;
    await registry.promote('champion', versions[0].version, 'the first');

    return {
      registry,
      versions,
      startPredictor: async (name, batchSize, secured = false) => {
        const tls = secured ? await benchIdentities(folder, ['predict']) : undefined;
        const address = `127.0.0.1:${await freePort()}`;
        const predictor = predictorProcess(name, options, {
          natsUrl,
          address,
          batchSize,
          logFile: path.join(folder, `${name}.log`),
          environment: tls?.server ?? {},
        });
        predictor.start();
        closers.push(() => predictor.stop(STOP_GRACE_MS));
        const client = createClient('Inference', address, {
          connectTimeoutMs: SERVING_TIMEOUT_MS,
          ...(tls && { security: tls.client }),
        });
        closers.push(() => client.close());
        await untilServing(client, predictor);
        return { name, address, pid: predictor.pid!, inference: client, security: tls?.client };
      },
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function predictorProcess(
  name: string,
  { precision, sources }: ServeBenchOptions,
  settings: {
    natsUrl: string;
    address: string;
    batchSize: number;
    logFile: string;
    environment: NodeJS.ProcessEnv;
  },
): SupervisedProcess {
  const compiled = path.join(ROOT, 'dist/services/cli/main.js');
  if (!sources && !existsSync(compiled))
    throw new SulcusError('FILE_UNREADABLE', `${compiled} is not there: run npm run build, or give --sources`);
  const program = sources ? [...process.execArgv, path.join(ROOT, 'services/cli/main.ts')] : [compiled];
  return new SupervisedProcess({
    name,
    command: process.execPath,
    args: [...program, 'predictor'],
    environment: {
      SULCUS_LOG_LEVEL: 'warn',
      ...process.env,
      ...settings.environment,
      SULCUS_NATS_URL: settings.natsUrl,
      SULCUS_PREDICTOR_ADDRESS: settings.address,
      SULCUS_BATCH_SIZE: String(settings.batchSize),
      SULCUS_MODEL_NAME: MODEL_NAME,
      SULCUS_PREDICTOR_PRECISION: precision === 'bf16' ? 'bfloat16' : 'float32',
    },
    logFile: settings.logFile,
    orphanGuard: 'ipc',
    maxRapidFailures: 1,
  });
}

async function untilServing(client: Methods<'Inference'>, predictor: SupervisedProcess): Promise<void> {
  for (const deadlineMs = Date.now() + SERVING_TIMEOUT_MS; ; await sleep(50)) {
    if (predictor.state === 'failed')
      throw new SulcusError(
        'SERVICE_UNAVAILABLE',
        `The predictor "${predictor.name}" ended: see ${predictor.spec.logFile}`,
      );
    if (Date.now() > deadlineMs)
      throw new SulcusError(
        'DEADLINE_EXCEEDED',
        `The predictor "${predictor.name}" does not serve after ${SERVING_TIMEOUT_MS} ms`,
      );
    if ((await client.serverReady({}, { timeoutMs: SERVING_TIMEOUT_MS })).ready) return;
  }
}

const freePort = (): Promise<number> => choosePort({ port: 0, explicit: false, purpose: 'a benchmark', option: '' });

/** A version with random weights: they cost as much to serve as learnt ones. */
function publish(registry: Registry, options: ServeBenchOptions, seed: number): Promise<ModelCard> {
  const network = networkConfig(options);
  const transform: TransformSpec = { ...defaultTransform(options.size), channels: 3 };
  const { normalize } = transform;
  return registry.publish(
    {
      run: MODEL_NAME,
      architecture: options.model,
      classes: CLASS_NAMES,
      seed,
      step: seed,
      pass: 0,
      samplesSeen: 0,
      input: { ...network.input, range: [0, 255], normalize: { mean: [...normalize.mean], std: [...normalize.std] } },
      transform: transform as unknown as Record<string, unknown>,
      transformHash: transformHash(transform),
      recipe: { name: MODEL_NAME, precision: network.precision },
      lineage: { scanSequences: { first: 0, last: 0, count: 0 }, ledgerHash: '' },
      metrics: { validation: { loss: 1, accuracy: 0, samples: 1 } },
      parameterCount: 0,
      codeVersion: MODEL_NAME,
    },
    { weights: encodeSafetensors(initialState(network, seed)) },
  );
}
