import { blobOwners, subjects, type Bus, type Delivery } from '#libs/bus';
import { codecs, type BatchRequest } from '#libs/contracts';
import type { ImageWorkerPool } from '#libs/imaging';
import { attr, withSpan } from '#libs/telemetry';
import { assembleBatch } from './assemble-batch.js';
import type { PreprocessEvents } from '../events.js';
import type { SampleLoader } from '../samples/sample-loader.js';
import type { TransformLibrary } from './transform-library.js';

export interface PrepareBatchContext {
  bus: Bus;
  samples: SampleLoader;
  pool: ImageWorkerPool;
  transforms: TransformLibrary;
  events: PreprocessEvents;
  signal: AbortSignal;
}

/**
 * Answers one batch request: resolves when the batch is stored, and only then may the request be acknowledged. The
 * batch carries the request's identity, so that a request that is worked on twice still gives one batch.
 */
export async function prepareBatch(
  context: PrepareBatchContext,
  { message: request }: Delivery<BatchRequest>,
): Promise<void> {
  const { transforms, samples, pool, bus, events, signal } = context;
  const attributes = {
    [attr.run]: request.run,
    [attr.epoch]: request.epoch,
    [attr.batchId]: request.requestId,
    [attr.batchSequence]: request.sequence,
    [attr.split]: request.split,
    [attr.messagingBatchCount]: request.samples.length,
  };
  await withSpan('prepare batch', { root: true, kind: 'consumer', attributes }, async (span) => {
    const startedMs = performance.now();
    const transform = transforms.get(request);
    const batch = await assembleBatch(request, transform, samples, pool);
    for (const traceparent of batch.traceparents) span.addLink({ traceparent });
    const { outputHeight: height, outputWidth: width, channels } = transform.spec;
    const prepareMs = performance.now() - startedMs;
    // The batch is held while the streams are full: the trainer is slower than this worker.
    const waiting = { signal, retryTimeoutMs: Infinity, whileFull: true, onRetry: events.waiting.bind(events) };
    const owner = blobOwners.batch(request.run, request.requestId);
    const stored = {
      run: request.run,
      requestId: request.requestId,
      epoch: request.epoch,
      sequence: request.sequence,
      split: request.split,
      height,
      width,
      channels,
      pixels: await bus.toPayload(batch.pixels, { owner, ...waiting }),
      samples: batch.samples,
      dropped: batch.dropped,
      transformHash: request.transformHash,
      prepareMs,
    };
    const messageId = request.requestId;
    await bus.publish(subjects.batch(request.run), codecs.TensorBatch, stored, { messageId, ...waiting });
    events.batchStored(request, batch.samples.length, batch.dropped.length, prepareMs);
  });
}
