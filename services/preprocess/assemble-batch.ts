import { setImmediate as nextTurn } from 'node:timers/promises';
import type { BatchRequest, DroppedSample, SampleRef } from '#libs/contracts';
import type { CompiledTransform } from '#libs/imaging';
import { createRandom } from '#libs/random';
import type { PreparedSample } from './samples/prepared-sample.js';
import type { SampleLoader } from './samples/sample-loader.js';

/** The pixels of a request, and what became of its samples. */
export interface AssembledBatch {
  /** `[samples, height, width, channels]`, uint8. */
  pixels: Uint8Array;
  /** The samples whose pixels these are, in the order of the request. */
  samples: SampleRef[];
  dropped: DroppedSample[];
  /** Trace contexts of the scans, each once. */
  traceparents: Set<string>;
}

/** Longest time for which transforms keep the event loop, and with it the broker's heartbeats, waiting. */
const MAX_TURN_MS = 20;

/**
 * Loads and transforms the samples of a request. The random numbers of a sample depend on seed, pass and sample alone:
 * whoever prepares it, whenever and in whatever batch, gets the same pixels.
 *
 * @throws what may pass, such as BUS_UNAVAILABLE; samples beyond help are dropped
 */
export async function assembleBatch(request: BatchRequest, transform: CompiledTransform, samples: SampleLoader): Promise<AssembledBatch> {
  const loaded = await Promise.all(request.samples.map(async (reference) => ({ reference, sample: await samples.load(reference, transform, request.transformHash) })));
  const kept: { reference: SampleRef; sample: PreparedSample }[] = [];
  const dropped: DroppedSample[] = [];
  for (const { reference, sample } of loaded) {
    if ('code' in sample) dropped.push({ scanSequence: reference.scanSequence, sampleId: reference.sampleId, code: sample.code });
    else kept.push({ reference, sample });
  }
  const pixels = new Uint8Array(kept.length * transform.outputBytes);
  const traceparents = new Set<string>();
  let turnStartedMs = performance.now();
  for (const [index, { reference, sample }] of kept.entries()) {
    const random = createRandom(request.seed, 'augment', request.pass, reference.sampleId);
    transform.apply(sample.prepared, random, pixels.subarray(index * transform.outputBytes, (index + 1) * transform.outputBytes));
    if (sample.traceparent !== undefined) traceparents.add(sample.traceparent);
    if (performance.now() - turnStartedMs > MAX_TURN_MS) {
      await nextTurn();
      turnStartedMs = performance.now();
    }
  }
  return { pixels, samples: kept.map(({ reference }) => reference), dropped, traceparents };
}
