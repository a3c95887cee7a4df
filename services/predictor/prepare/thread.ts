/**
 * Entry of a prepare thread: hashes, decodes and transforms images and draws explanations, so that the thread that serves gRPC
 * touches no pixel.
 */
import { createHash } from 'node:crypto';
import { SulcusError } from '#libs/errors';
import {
  compileTransform,
  prepareFile,
  validateTransform,
  type CompiledTransform,
  type TransformMode,
} from '#libs/imaging';
import { createRandom } from '#libs/random';
import { serveThread } from '#libs/threads';
import { drawHeatMap, type DrawnHeatMap, type HeatMapOrder } from '../explanations/draw.js';
import { toPixels, type ImageFormat } from './image-format.js';

/** One image, ready for the network. */
export interface Prepared {
  /** SHA-256 of the image as it came, lower-case hexadecimal. */
  sampleId: string;
  /** `[height, width, channels]`, 0-255. */
  pixels: Uint8Array;
  /** Hash, decode and transform. */
  prepareMs: number;
}

const transforms = new Map<string, CompiledTransform>();

const methods = {
  /** Takes a transform that later images name by its hash. */
  learn: async ({
    hash,
    spec,
    mode = 'eval',
  }: {
    hash: string;
    spec: unknown;
    mode?: TransformMode;
  }): Promise<void> => {
    transforms.set(hash, compileTransform(validateTransform(spec), mode));
  },

  /** @throws IMAGE_* for bytes that are no readable image, INVALID_ARGUMENT for values that are no pixels; with `details.sampleId` */
  prepare: async ({
    transformHash,
    image,
    format,
  }: {
    transformHash: string;
    image: Uint8Array;
    format: ImageFormat;
  }): Promise<Prepared> => {
    const startedMs = performance.now();
    const sampleId = createHash('sha256').update(image).digest('hex');
    try {
      const pixels =
        format === 'encoded' ? await transformFile(image, transforms.get(transformHash)!) : toPixels(image, format);
      return { sampleId, pixels, prepareMs: performance.now() - startedMs };
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      throw new SulcusError(error.code, error.rawMessage, { cause: thrown, details: { ...error.details, sampleId } });
    }
  },

  /** @throws IMAGE_* for bytes that are no readable image */
  draw: ({ transformHash, ...order }: HeatMapOrder & { transformHash: string }): Promise<DrawnHeatMap> =>
    drawHeatMap(order, transforms.get(transformHash)!.spec),
};

async function transformFile(image: Uint8Array, transform: CompiledTransform): Promise<Uint8Array> {
  const pixels = new Uint8Array(transform.outputBytes);
  transform.apply(await prepareFile(image, transform), createRandom(transform.spec.name), pixels);
  return pixels;
}

export type PrepareMethods = typeof methods;

serveThread(methods);
