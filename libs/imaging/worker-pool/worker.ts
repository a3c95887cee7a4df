/** Entry of an image worker: decodes and transforms images and draws heat maps. */
import { createHash } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { SulcusError } from '#libs/errors';
import { createRandom } from '#libs/random';
import { serveThread } from '#libs/threads';
import type { DecodeLimits } from '../decode/decode-image.js';
import { prepareFile } from '../prepare-file.js';
import { drawHeatMap, type DrawnHeatMap, type HeatMapRequest } from '../saliency/draw-heat-map.js';
import { compileTransform, type CompiledTransform } from '../transforms/compile.js';
import type { PreparedImage } from '../transforms/prepare.js';
import { describeFile, type FileDescription } from './describe-file.js';
import { validateTransform } from '../transforms/validate.js';
import { toPixels, type ImageInput, type PreparedInput } from './image-input.js';
import { shareImage } from './shared-image.js';
import { transformKey, type TransformReference } from './transform-reference.js';

/** Prepared images to turn into network input. */
export interface TransformSamplesRequest {
  /** Random numbers depend on seed, epoch and sample alone. */
  readonly seed: number;
  readonly epoch: number;
  readonly samples: readonly { readonly sampleId: string; readonly prepared: PreparedImage }[];
  /** Where the pixels go, one image after the other: shared memory. */
  readonly output: Uint8Array;
}

/** Names the registered transform that a call is about. */
interface OfTransform {
  readonly transformKey: string;
}

const limits = workerData as DecodeLimits;
const transforms = new Map<string, CompiledTransform>();

const methods = {
  /** Takes a transform that later calls name by its key. @throws INVALID_ARGUMENT */
  registerTransform: async (transform: TransformReference): Promise<void> => {
    transforms.set(
      transformKey(transform),
      compileTransform(validateTransform(transform.spec), transform.mode ?? 'eval'),
    );
  },

  forgetTransforms: async (_: null): Promise<void> => transforms.clear(),

  /** @returns the prepared image in shared memory; @throws IMAGE_* */
  prepareFile: async ({ transformKey, bytes }: OfTransform & { bytes: Uint8Array }): Promise<PreparedImage> => {
    const transform = registered(transformKey);
    try {
      return shareImage(await prepareFile(bytes, transform, limits));
    } catch (error) {
      // Whatever decoding stumbles over, it will again: one image must not hold up every batch it is in.
      const { code, rawMessage, retryable } = SulcusError.from(error);
      throw retryable
        ? new SulcusError('IMAGE_UNDECODABLE', `Decoding failed: ${rawMessage}`, { cause: error, details: { code } })
        : error;
    }
  },

  /** @throws IMAGE_* */
  describeFile: ({ bytes }: { bytes: Uint8Array }): Promise<FileDescription> => describeFile(bytes, limits),

  transformSamples: async ({
    transformKey,
    seed,
    epoch,
    samples,
    output,
  }: OfTransform & TransformSamplesRequest): Promise<void> => {
    const transform = registered(transformKey);
    const { outputBytes } = transform;
    for (const [index, { sampleId, prepared }] of samples.entries()) {
      const random = createRandom(seed, 'augment', epoch, sampleId);
      transform.apply(prepared, random, output.subarray(index * outputBytes, (index + 1) * outputBytes));
    }
  },

  /**
   * @throws IMAGE_* for bytes that are no readable image, INVALID_ARGUMENT for values that are no pixels; with
   * `details.sampleId`
   */
  prepareInput: async ({
    transformKey,
    bytes,
    format,
  }: OfTransform & Pick<ImageInput, 'bytes' | 'format'>): Promise<PreparedInput> => {
    const startedMs = performance.now();
    const transform = registered(transformKey);
    const sampleId = createHash('sha256').update(bytes).digest('hex');
    try {
      const pixels = format === 'encoded' ? await transformFile(bytes, transform) : toPixels(bytes, format);
      return { sampleId, pixels, prepareMs: performance.now() - startedMs };
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      throw new SulcusError(error.code, error.rawMessage, { cause: thrown, details: { ...error.details, sampleId } });
    }
  },

  /** @throws IMAGE_* for bytes that are no readable image */
  drawHeatMap: ({ transformKey, ...request }: OfTransform & HeatMapRequest): Promise<DrawnHeatMap> =>
    drawHeatMap(request, registered(transformKey).spec),
};

function registered(key: string): CompiledTransform {
  const transform = transforms.get(key);
  if (!transform) throw new SulcusError('INTERNAL', `The image worker was not told the transform ${key}`);
  return transform;
}

async function transformFile(file: Uint8Array, transform: CompiledTransform): Promise<Uint8Array> {
  const pixels = new Uint8Array(transform.outputBytes);
  transform.apply(await prepareFile(file, transform, limits), createRandom(transform.spec.name), pixels);
  return pixels;
}

export type WorkerMethods = typeof methods;

serveThread(methods);
