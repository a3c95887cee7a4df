import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectBus, type Bus } from '#libs/bus';
import { defaultTransform, transformHash } from '#libs/imaging';
import { encodeSafetensors, initialState, type NetworkConfig } from '#libs/nn';
import { Registry, type ModelCard } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { IngestService, readConfig as readIngestConfig } from '#services/ingest';
import { PredictorService, readConfig as readPredictorConfig } from '#services/predictor';
import { cardDraft } from '../../test/helpers/cards.js';
import { startNats } from '../../test/helpers/nats.js';
import { until } from '../../test/helpers/until.js';

/** A broker, and ingest and predictor in this process, so that what they run is counted and what they throw is seen. */
export interface FuzzStack {
  readonly bus: Bus;
  readonly natsUrl: string;
  readonly registry: Registry;
  readonly card: ModelCard;
  readonly ingest: IngestService;
  readonly predictor: PredictorService;
}

/** Side of the pictures that the network takes. */
export const SIZE_PX = 16;
const log = createLogger('fuzz');
const STARTING_MS = 60_000;

let running: Promise<FuzzStack & { stop(): Promise<void> }> | undefined;
let users = 0;

/** The services of this process, started when they are first needed; the last who releases them stops them. */
export async function sharedStack(): Promise<{ stack: FuzzStack; release: () => Promise<void> }> {
  users++;
  const stack = await (running ??= start());
  return {
    stack,
    release: async () => {
      if (--users === 0) await stack.stop();
    },
  };
}

async function start(): Promise<FuzzStack & { stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-fuzz-services-'));
  const nats = await startNats();
  const bus = await connectBus({ servers: nats.url, name: 'fuzz' });
  await bus.ensureTopology();
  const registry = new Registry(bus);
  const card = await publishVersion(registry);
  await registry.promote('champion', card.version, 'the first');
  const ingest = await IngestService.start({
    bus,
    config: readIngestConfig({
      SULCUS_NATS_URL: nats.url,
      SULCUS_INGEST_ADDRESS: '127.0.0.1:0',
      SULCUS_DATA_DIR: folder,
      SULCUS_INGEST_RETRY_TIMEOUT: '500ms',
    }),
    log,
    instance: 'fuzz',
  });
  const predictor = await PredictorService.start({
    bus,
    config: {
      ...readPredictorConfig({ SULCUS_NATS_URL: nats.url, SULCUS_PREDICTOR_ADDRESS: '127.0.0.1:0' }),
      prepareThreads: 1,
      maxDelayMs: 0,
    },
    log,
    instance: 'fuzz',
  });
  await until(() => predictor.serving !== undefined, 'the predictor serves', STARTING_MS);
  return {
    ...{ bus, natsUrl: nats.url, registry, card, ingest, predictor },
    stop: async () => {
      await Promise.all([ingest.stop(0), predictor.stop()]);
      await bus.drain();
      await nats.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A version of few weights. */
function publishVersion(registry: Registry): Promise<ModelCard> {
  const transform = defaultTransform(SIZE_PX);
  const { mean, std } = transform.normalize;
  const network: NetworkConfig = {
    architecture: 'baseline-cnn',
    classes: 2,
    input: { height: SIZE_PX, width: SIZE_PX, channels: 1 },
    normalize: { mean: [...mean], std: [...std] },
    precision: 'float32',
  };
  return registry.publish(
    cardDraft({
      architecture: network.architecture,
      input: { ...network.input, range: [0, 255], normalize: { mean: [...mean], std: [...std] } },
      transform: transform as unknown as Record<string, unknown>,
      transformHash: transformHash(transform),
      recipe: { name: 'fuzz', precision: 'float32' },
    }),
    { weights: encodeSafetensors(initialState(network, 1)) },
  );
}
