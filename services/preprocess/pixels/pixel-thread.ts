/** Entry of a pixel thread: decodes, prepares and augments images, so that the event loop of the service stays free. */
import { SulcusError } from '#libs/errors';
import { prepareFile, type DecodeLimits, type PreparedImage } from '#libs/imaging';
import { createRandom } from '#libs/random';
import { serveThread } from '#libs/threads';
import { TransformLibrary, type TransformReference } from '../transform-library.js';
import { shareImage } from './shared-image.js';

/** A file to decode. */
export interface PrepareOrder {
  readonly bytes: Uint8Array;
  readonly transform: TransformReference;
  readonly limits: Required<DecodeLimits>;
}

/** Prepared images to turn into network input. */
export interface ApplyOrder {
  readonly transform: TransformReference;
  readonly seed: number;
  readonly pass: number;
  readonly samples: readonly { readonly sampleId: string; readonly prepared: PreparedImage }[];
  /** Where the pixels go, one image after the other: shared memory. */
  readonly output: Uint8Array;
}

const transforms = new TransformLibrary();

const methods = {
  /** @returns the prepared image in shared memory; @throws IMAGE_* */
  prepare: async ({ bytes, transform, limits }: PrepareOrder): Promise<PreparedImage> => {
    const compiled = transforms.get(transform);
    try {
      return shareImage(await prepareFile(bytes, compiled, limits));
    } catch (error) {
      // Whatever decoding stumbles over, it will again: one image must not hold up every batch it is in.
      const { code, rawMessage, retryable } = SulcusError.from(error);
      throw retryable
        ? new SulcusError('IMAGE_UNDECODABLE', `Decoding failed: ${rawMessage}`, { cause: error, details: { code } })
        : error;
    }
  },

  /** Random numbers depend on seed, pass and sample alone. */
  apply: async ({ transform, seed, pass, samples, output }: ApplyOrder): Promise<void> => {
    const compiled = transforms.get(transform);
    for (const [index, { sampleId, prepared }] of samples.entries()) {
      const random = createRandom(seed, 'augment', pass, sampleId);
      compiled.apply(
        prepared,
        random,
        output.subarray(index * compiled.outputBytes, (index + 1) * compiled.outputBytes),
      );
    }
  },
};
export type PixelThreadMethods = typeof methods;

serveThread(methods);
