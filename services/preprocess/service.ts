import { Streams, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { ImageWorkerPool } from '#libs/imaging';
import type { Logger } from '#libs/telemetry';
import type { PreprocessConfig } from './config.js';
import { PreprocessEvents } from './events.js';
import { prepareBatch } from './batches/prepare-batch.js';
import { SampleCache } from './samples/sample-cache.js';
import { SampleLoader } from './samples/sample-loader.js';
import { TransformLibrary } from './batches/transform-library.js';

export interface PreprocessContext {
  readonly bus: Bus;
  readonly config: PreprocessConfig;
  readonly log: Logger;
  /** Unique per worker. */
  readonly instance: string;
}

/** Every worker uses the same durable consumer: the broker deals the requests out to whoever is free. */
const DURABLE = 'preprocess';

/** While one batch waits for the broker, another one is computed. */
const REQUESTS_IN_FLIGHT = 2;

/**
 * After a worker's death its requests go to the others after this time. Short, because a trainer waits for them; safe,
 * because the event loop is never kept for long and a request that is worked on twice gives one batch.
 */
const ACK_WAIT_MS = 10_000;

/** Works on batch requests until the signal aborts; requests under way are finished first. */
export async function runPreprocess(
  { bus, config, log, instance }: PreprocessContext,
  signal: AbortSignal,
): Promise<void> {
  const events = new PreprocessEvents(bus, instance, log);
  const cache = new SampleCache(config.cacheBytes);
  const limits = { maxPixels: config.maxPixels, maxBytes: config.maxFileBytes };
  await using pool = new ImageWorkerPool({ threads: config.threads, limits });
  const samples = new SampleLoader({ bus, cache, pool, config, events });
  const transforms = new TransformLibrary();
  events.start(cache);
  try {
    await bus.consume({
      stream: Streams.BATCH_REQUESTS,
      durable: DURABLE,
      codec: codecs.BatchRequest,
      maxInFlight: REQUESTS_IN_FLIGHT,
      ackWaitMs: ACK_WAIT_MS,
      signal,
      onMessage: (delivery) => prepareBatch({ bus, samples, pool, transforms, events, signal }, delivery),
    });
  } finally {
    await events.finish();
  }
}
