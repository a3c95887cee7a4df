import { setTimeout as delay } from 'node:timers/promises';
import { blobOwners, subjects, type Bus, type Delivery } from '#libs/bus';
import { codecs, type BatchRequest, type TensorBatchInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { attr, withSpan } from '#libs/telemetry';
import { assembleBatch } from './assemble-batch.js';
import type { PreprocessEvents } from '../events.js';
import type { PixelPool } from '../pixels/pixel-pool.js';
import type { SampleLoader } from '../samples/sample-loader.js';
import type { TransformLibrary, TransformReference } from '../transform-library.js';

export interface PrepareBatchContext {
  bus: Bus;
  samples: SampleLoader;
  pool: PixelPool;
  transforms: TransformLibrary;
  events: PreprocessEvents;
  signal: AbortSignal;
}

/** Waits before the next try while the stream of batches is full: doubling up to the last one. */
const FIRST_WAIT_MS = 50;
const LAST_WAIT_MS = 2000;

/**
 * Answers one batch request: resolves when the batch is stored, and only then may the request be acknowledged. The
 * batch carries the request's identity, so that a request that is worked on twice still gives one batch.
 */
export async function prepareBatch(
  context: PrepareBatchContext,
  { message: request }: Delivery<BatchRequest>,
): Promise<void> {
  const { transforms, samples, pool, bus, events } = context;
  const attributes = {
    [attr.run]: request.run,
    [attr.pass]: request.pass,
    [attr.batchId]: request.requestId,
    [attr.batchSequence]: request.sequence,
    [attr.split]: request.split,
    [attr.messagingBatchCount]: request.samples.length,
  };
  await withSpan('prepare batch', { root: true, kind: 'consumer', attributes }, async (span) => {
    const startedMs = performance.now();
    const transform: TransformReference = {
      json: request.transformJson,
      hash: request.transformHash,
      mode: request.augment ? 'train' : 'eval',
    };
    const { spec, outputBytes } = transforms.get(transform);
    const batch = await assembleBatch(request, { reference: transform, outputBytes }, samples, pool);
    for (const traceparent of batch.traceparents) span.addLink({ traceparent });
    const { outputHeight: height, outputWidth: width, channels } = spec;
    const prepareMs = performance.now() - startedMs;
    await storeBatch(context, {
      run: request.run,
      requestId: request.requestId,
      pass: request.pass,
      sequence: request.sequence,
      split: request.split,
      height,
      width,
      channels,
      pixels: await bus.toPayload(batch.pixels, { owner: blobOwners.batch(request.run, request.requestId) }),
      samples: batch.samples,
      dropped: batch.dropped,
      transformHash: request.transformHash,
      prepareMs,
    });
    events.batchStored(request, batch.samples.length, batch.dropped.length, prepareMs);
  });
}

/** Publishes the batch; while the stream is full it waits for the trainer, holding the batch it has. */
async function storeBatch(
  { bus, events, signal }: PrepareBatchContext,
  batch: TensorBatchInput & { run: string; requestId: string },
): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LAST_WAIT_MS, 2 * waitMs)) {
    try {
      await bus.publish(subjects.batch(batch.run), codecs.TensorBatch, batch, { messageId: batch.requestId, signal });
      return;
    } catch (error) {
      if (!(error instanceof SulcusError) || error.code !== 'BACKPRESSURE') throw error;
      events.waiting(error);
      await delay(waitMs, undefined, { signal });
    }
  }
}
