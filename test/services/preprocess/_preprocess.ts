import type { TestContext } from 'node:test';
import { blobOwners, connectBus, Streams, subjects, type Bus, type TopologyLimits } from '#libs/bus';
import { codecs, type BatchRequestInput, type SampleRef, type TensorBatch } from '#libs/contracts';
import { canonicalTransformJson, encodeImage, renderPhantom, transformHash, transforms } from '#libs/imaging';
import { createLogger } from '#libs/telemetry';
import { readConfig, runPreprocess, type PreprocessConfig } from '#services/preprocess';
import { publishScan } from '../../helpers/scans.js';
import { startNats, type TestNats } from '../../helpers/nats.js';

export const spec = transforms['default-96']!;

export interface Pipeline {
  nats: TestNats;
  /** Stands for ingest, trainer and operator. */
  bus: Bus;
  /** A preprocess worker in this process, on a connection of its own. */
  startWorker: (overrides?: Partial<PreprocessConfig>, instance?: string) => Promise<{ stop: () => Promise<void> }>;
  /** Runs before the broker ends. */
  onEnd: (cleanUp: () => Promise<unknown>) => void;
}

/** A broker with our streams, and a connection to it. */
export async function startPipeline(
  test: TestContext,
  limits?: Partial<TopologyLimits>,
  options?: { maxPayload: string },
): Promise<Pipeline> {
  const cleanUps: (() => Promise<unknown>)[] = [];
  // Last started, first stopped: workers finish while they still have a broker.
  test.after(async () => {
    for (const cleanUp of cleanUps.reverse()) await cleanUp();
  });
  const nats = await startNats(undefined, options);
  cleanUps.push(() => nats.stop());
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  cleanUps.push(() => bus.drain());
  await bus.ensureTopology(limits);

  const startWorker: Pipeline['startWorker'] = async (overrides = {}, instance = 'worker') => {
    const workerBus = await connectBus({ servers: nats.url, name: 'preprocess' });
    const abort = new AbortController();
    const running = runPreprocess(
      { bus: workerBus, config: { ...readConfig({}), ...overrides }, log: createLogger('preprocess'), instance },
      abort.signal,
    );
    const stop = async (): Promise<void> => {
      abort.abort();
      await running;
      await workerBus.drain();
    };
    cleanUps.push(stop);
    return { stop };
  };
  return { nats, bus, startWorker, onEnd: (cleanUp) => void cleanUps.push(cleanUp) };
}

/** A phantom as a file. */
export const phantomFile = (patient: number, size = 64): Promise<Buffer> =>
  encodeImage(renderPhantom({ class: 'glioma', seed: 1, size, patient }), 'jpeg');

/** Publishes a scan as ingest does, with whatever bytes. */
export async function publishSample(bus: Bus, image: Uint8Array, headers?: Record<string, string>): Promise<SampleRef> {
  const { sampleId, sequence } = await publishScan(bus, image, { format: 'jpeg' }, headers);
  return { scanSequence: sequence, sampleId, classIndex: 0 };
}

export async function publishPhantoms(bus: Bus, count: number, size?: number): Promise<SampleRef[]> {
  const samples: SampleRef[] = [];
  for (let patient = 0; patient < count; patient++)
    samples.push(await publishSample(bus, await phantomFile(patient, size)));
  return samples;
}

/** A request for training; the request id is the caller's, because it is the identity of the batch. */
export function batchRequest(
  requestId: string,
  samples: SampleRef[],
  overrides: BatchRequestInput = {},
): BatchRequestInput {
  return {
    run: 'main',
    requestId,
    epoch: 0,
    sequence: 0,
    split: 'SPLIT_TRAIN',
    samples,
    transformJson: canonicalTransformJson(spec),
    transformHash: transformHash(spec),
    augment: true,
    seed: 7,
    ...overrides,
  };
}

export async function request(bus: Bus, wanted: BatchRequestInput, messageId?: string): Promise<void> {
  await bus.publish(subjects.batchRequest('main'), codecs.BatchRequest, wanted, { messageId });
}

/** Takes the next batches off the stream, as the trainer does, and fails when they do not come. */
export async function takeBatches(
  bus: Bus,
  count: number,
  timeoutMs = 20_000,
): Promise<{ batch: TensorBatch; pixels: Buffer; traceparent?: string }[]> {
  const batches: { batch: TensorBatch; pixels: Buffer; traceparent?: string }[] = [];
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), timeoutMs);
  for await (const delivery of bus.pull({
    stream: Streams.BATCHES,
    durable: 'trainer-main',
    codec: codecs.TensorBatch,
    maxInFlight: 1,
    signal: stop.signal,
  })) {
    batches.push({
      batch: delivery.message,
      pixels: await bus.fromPayload(delivery.message.pixels!, {
        owner: blobOwners.batch(delivery.message.run, delivery.message.requestId),
      }),
      traceparent: delivery.traceparent,
    });
    await delivery.ack();
    if (batches.length === count) break;
  }
  clearTimeout(timer);
  if (batches.length < count) throw new Error(`${batches.length} of ${count} batches in ${timeoutMs} ms`);
  return batches;
}

/** Everything stored in a stream now. */
export async function readAll<O>(
  bus: Bus,
  stream: 'DEAD' | 'EVENTS' | 'BATCHES',
  codec: { typeName: string; decode(bytes: Uint8Array): O },
): Promise<O[]> {
  const { messages } = (await bus.stats())[stream];
  const found: O[] = [];
  if (messages === 0) return found;
  const stop = new AbortController();
  for await (const { message, pending } of bus.follow({ stream, codec: codec as never, signal: stop.signal })) {
    if (message !== undefined) found.push(message as O);
    if (pending === 0) break;
  }
  stop.abort();
  return found;
}
