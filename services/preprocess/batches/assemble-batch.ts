import type { BatchRequest, DroppedSample, SampleRef } from '#libs/contracts';
import { outputBytesOf, sharedBytes, type ImageWorkerPool } from '#libs/imaging';
import type { PreparedSample } from '../samples/prepared-sample.js';
import type { SampleSource } from '../samples/sample-loader.js';
import type { CheckedTransform } from './transform-library.js';

/** The pixels of a request, and what became of its samples. */
export interface AssembledBatch {
  /** `[samples, height, width, channels]`, uint8, in shared memory. */
  pixels: Uint8Array;
  /** The samples whose pixels these are, in the order of the request. */
  samples: SampleRef[];
  dropped: DroppedSample[];
  /** Trace contexts of the scans, each once. */
  traceparents: Set<string>;
}

/**
 * Loads and transforms the samples of a request. The random numbers of a sample depend on seed, epoch and sample alone:
 * whoever prepares it, whenever and in whatever batch, gets the same pixels.
 *
 * @throws what is retryable, such as BUS_UNAVAILABLE; samples beyond help are dropped
 */
export async function assembleBatch(
  request: Pick<BatchRequest, 'samples' | 'seed' | 'epoch'>,
  transform: CheckedTransform,
  source: SampleSource,
  pool: ImageWorkerPool,
): Promise<AssembledBatch> {
  const loaded = await Promise.all(
    request.samples.map(async (reference) => ({
      reference,
      sample: await source.load(reference, transform),
    })),
  );
  const kept: { reference: SampleRef; sample: PreparedSample }[] = [];
  const dropped: DroppedSample[] = [];
  for (const { reference, sample } of loaded) {
    if ('code' in sample)
      dropped.push({ scanSequence: reference.scanSequence, sampleId: reference.sampleId, code: sample.code });
    else kept.push({ reference, sample });
  }
  const output = sharedBytes(kept.length * outputBytesOf(transform.spec));
  const samples = kept.map(({ reference: { sampleId }, sample: { prepared } }) => ({ sampleId, prepared }));
  await pool.transformSamples(transform, { seed: request.seed, epoch: request.epoch, samples, output });
  const traceparents = new Set(kept.flatMap(({ sample: { traceparent } }) => traceparent ?? []));
  return { pixels: output, samples: kept.map(({ reference }) => reference), dropped, traceparents };
}
