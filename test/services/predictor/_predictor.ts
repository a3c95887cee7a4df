import { setMaxListeners } from 'node:events';
import { connectBus, Streams, subjects, type Bus } from '#libs/bus';
import { codecs, type PipelineEvent } from '#libs/contracts';
import { startEngine, type Engine } from '#libs/engine';
import {
  compileTransform,
  decodeImage,
  defaultTransform,
  encodeImage,
  transformHash,
  type TransformSpec,
} from '#libs/imaging';
import { encodeSafetensors, InferenceSession, initialState, type NetworkConfig, type NetworkState } from '#libs/nn';
import { createRandom } from '#libs/random';
import { Registry, type ModelCard } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { readConfig, PredictorService, type PredictorConfig } from '#services/predictor';
import { cardDraft } from '../../helpers/cards.js';
import { until } from '../../helpers/until.js';
import { startNats } from '../../helpers/nats.js';

/** Small enough that a version loads in a second and an answer takes milliseconds. */
export const SIZE_PX = 32;
export const CLASSES = ['glioma', 'meningioma', 'notumor', 'pituitary'] as const;
export const transform: TransformSpec = defaultTransform(SIZE_PX);
export const network: NetworkConfig = {
  architecture: 'baseline-cnn',
  classes: CLASSES.length,
  input: { height: SIZE_PX, width: SIZE_PX, channels: 1 },
  normalize: { mean: [...transform.normalize.mean], std: [...transform.normalize.std] },
  precision: 'float32',
};

export const never = new AbortController().signal;
setMaxListeners(0, never);

/** Random weights that answer decidedly: the last layer's are enlarged, so that images and seeds are told apart. */
export function randomWeights(seed: number): NetworkState {
  const state = initialState(network, seed);
  return new Map(
    [...state].map(([name, tensor]) => [
      name,
      name.startsWith('fc') ? { ...tensor, data: tensor.data.map((value) => value * 4) } : tensor,
    ]),
  );
}

/** A grey picture of smooth blobs, different for each seed. */
export async function randomImage(seed: number, format: 'png' | 'jpeg' = 'png'): Promise<Buffer> {
  const random = createRandom(seed, 'test image');
  const [width, height] = [random.integer(40, 90), random.integer(40, 90)];
  const blobs = Array.from({ length: 4 }, () => ({
    x: random.uniform(0, width),
    y: random.uniform(0, height),
    radius: random.uniform(5, 30),
    value: random.uniform(40, 255),
  }));
  const data = Uint8Array.from({ length: width * height }, (_, index) => {
    const [x, y] = [index % width, Math.floor(index / width)];
    return Math.min(
      255,
      blobs.reduce(
        (sum, blob) => sum + blob.value * Math.exp(-((x - blob.x) ** 2 + (y - blob.y) ** 2) / blob.radius ** 2),
        0,
      ),
    );
  });
  return await encodeImage({ width, height, channels: 1, data }, format);
}

type PublishedCard = Parameters<Registry['publish']>[0];

/** Publishes a version with random weights. */
export function publishModel(
  registry: Registry,
  step: number,
  overrides: Partial<PublishedCard> = {},
  weights: Uint8Array = encodeSafetensors(randomWeights(step)),
  options: { keepsWeights?: boolean } = {},
): Promise<ModelCard> {
  return registry.publish(
    cardDraft({
      run: 'test',
      architecture: network.architecture,
      classes: [...CLASSES],
      input: {
        ...network.input,
        range: [0, 255],
        normalize: { mean: [...network.normalize.mean], std: [...network.normalize.std] },
      },
      transform: transform as unknown as Record<string, unknown>,
      transformHash: transformHash(transform),
      recipe: { name: 'test', precision: 'float32' },
      seed: step,
      step,
      metrics: { validation: { loss: 1, accuracy: 0.25, samples: 4 } },
      ...overrides,
    }),
    { weights },
    options,
  );
}

/** What the network answers without any service around it. */
export class DirectAnswers implements AsyncDisposable {
  readonly #engine: Engine;
  readonly #sessions = new Map<number, Promise<InferenceSession>>();

  private constructor(engine: Engine) {
    this.#engine = engine;
  }

  static async start(): Promise<DirectAnswers> {
    return new DirectAnswers(await startEngine({ label: 'test reference' }));
  }

  /** @returns probabilities of the version that was published with step `seed` */
  async of(seed: number, image: Buffer): Promise<Float32Array> {
    return await this.ofPixels(seed, compileTransform(transform, 'eval')(await decodeImage(image)));
  }

  /** The same for the network's input itself, `[height, width, channels]` uint8. */
  async ofPixels(seed: number, pixels: Uint8Array): Promise<Float32Array> {
    let session = this.#sessions.get(seed);
    if (!session)
      this.#sessions.set(seed, (session = InferenceSession.create(this.#engine, network, randomWeights(seed))));
    return await (await session).predict(pixels, 1);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close();
  }
}

export interface Fixture {
  bus: Bus;
  registry: Registry;
  nats: Awaited<ReturnType<typeof startNats>>;
  /** Starts a predictor on a free port; stopped before the broker. */
  start(config?: Partial<PredictorConfig>): Promise<PredictorService>;
  /** Stops everything. */
  close(): Promise<void>;
}

/** A broker of its own with topology and registry. */
export async function createFixture(): Promise<Fixture> {
  const nats = await startNats();
  const bus = await connectBus({ servers: nats.url, name: 'predictor-test' });
  await bus.ensureTopology();
  const services: PredictorService[] = [];
  return {
    bus,
    nats,
    registry: new Registry(bus),
    start: async (config = {}) => {
      const service = await PredictorService.start({
        config: {
          ...readConfig({ SULCUS_RECORD_NAMES: 'true' }),
          natsUrl: nats.url,
          address: '127.0.0.1:0',
          prepareThreads: 1,
          maxBatchSize: 4,
          ...config,
        },
        bus,
        log: createLogger('predictor'),
        instance: 'test',
      });
      services.push(service);
      return service;
    },
    close: async () => {
      await Promise.all(services.map((service) => service.stop()));
      await bus.drain();
      await nats.stop();
    },
  };
}

/** Every event of predictors so far. */
export async function predictorEvents(bus: Bus): Promise<PipelineEvent[]> {
  const all: PipelineEvent[] = [];
  for await (const { message, pending } of bus.follow({
    stream: Streams.EVENTS,
    subject: subjects.event('predictor'),
    codec: codecs.PipelineEvent,
    signal: never,
  })) {
    all.push(message!);
    if (pending === 0) break;
  }
  return all;
}

/** A version loads in a second or two; on a machine that does much else it takes ten times as long. */
const LOAD_PATIENCE_MS = 60_000;

/** Waits until a version is in service. */
export const untilServing = (service: PredictorService, version: string): Promise<void> =>
  until(() => service.serving?.card.version === version, `${version} in service`, LOAD_PATIENCE_MS);

export function assertClose(actual: readonly number[], expected: Float32Array, tolerance = 1e-5): void {
  const difference = Math.max(...actual.map((value, index) => Math.abs(value - expected[index]!)));
  if (actual.length !== expected.length || !(difference <= tolerance))
    throw new Error(`[${actual.join(', ')}] is not [${expected.join(', ')}] within ${tolerance}`);
}

/** True while the process runs. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
