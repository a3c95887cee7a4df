import { SulcusError } from '#libs/errors';
import type { Random } from '#libs/random';
import type { RasterImage, Size } from '../image.js';
import { drawOps, type DrawnOp } from './draw.js';
import { addGaussianNoise } from './gaussian-noise.js';
import { foldGeometry } from './geometry.js';
import { applyPhotometry } from './photometry.js';
import { halvesFirst, prepareImage, splitAtFirstRandom, type PreparedImage } from './prepare.js';
import { resample } from './resample.js';
import { outputBytesOf, type TransformSpec } from './spec.js';
import { warpImage } from './warp.js';

/** Train transforms draw random numbers; eval transforms give the same pixels every time. */
export type TransformMode = 'train' | 'eval';

/**
 * A transform ready to run. Called with an image it returns new pixels, `[outputHeight, outputWidth, channels]`, uint8.
 * The two halves can run apart, with the same result: `prepare` once per image, `apply` once per epoch.
 */
export interface CompiledTransform {
  /** @param random needed in train mode only; the same stream gives the same pixels */
  (image: RasterImage, random?: Random): Uint8Array;
  readonly spec: TransformSpec;
  readonly mode: TransformMode;
  /** Length of the pixels of one image. */
  readonly outputBytes: number;
  /** Whether preparing an image of this size begins by halving it: whoever decodes it may do that. */
  halves(original: Size): boolean;
  /**
   * Everything that needs no random numbers. The result may alias the image and must not be changed.
   *
   * @param image `original` is its size before whoever decoded it halved it, when it was
   */
  prepare(image: RasterImage & { readonly original?: Size }): PreparedImage;
  /** The rest, written into `output` of length `outputBytes`. */
  apply(prepared: PreparedImage, random: Random | undefined, output: Uint8Array): void;
}

/** Turns a valid specification into code: one affine warp, one table of 256 entries, and noise. */
export function compileTransform(spec: TransformSpec, mode: TransformMode): CompiledTransform {
  const ops = splitAtFirstRandom(spec[mode]);
  const outputBytes = outputBytesOf(spec);
  const halves = (original: Size): boolean => halvesFirst(original, spec, ops);
  const prepare: CompiledTransform['prepare'] = (image) => prepareImage(image, spec, ops);
  const apply = (prepared: PreparedImage, random: Random | undefined, output: Uint8Array): void => {
    if (output.length !== outputBytes)
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `The output has ${output.length} bytes, ${spec.name} makes ${outputBytes}`,
      );
    if (ops.random.length === 0) {
      output.set(prepared.image.data);
      return;
    }
    if (!random)
      throw new SulcusError('INVALID_ARGUMENT', `The train transform of ${spec.name} needs a source of random numbers`);
    executeDrawn(prepared, drawOps(ops.random, prepared.canvas, random), spec.interpolation, output);
  };
  const transform = (image: RasterImage, random?: Random): Uint8Array => {
    const output = new Uint8Array(outputBytes);
    apply(prepare(image), random, output);
    return output;
  };
  return Object.assign(transform, { spec, mode, outputBytes, halves, prepare, apply });
}

/** Shrinking by less than this is left to the bilinear sampler alone. */
const MAX_UNFILTERED_SHRINK = 1.5;

/** Runs ops whose parameters are known: the geometry as one warp, then the photometry as one table, then noise. */
export function executeDrawn(
  prepared: PreparedImage,
  ops: readonly DrawnOp[],
  interpolation: TransformSpec['interpolation'],
  output: Uint8Array,
): void {
  const { canvas, image } = prepared;
  let source = image;
  let warp = foldGeometry(ops, canvas, source);
  const shrinkX = Math.hypot(warp.toSource.xx, warp.toSource.xy);
  const shrinkY = Math.hypot(warp.toSource.yx, warp.toSource.yy);
  if (interpolation === 'bilinear' && Math.max(shrinkX, shrinkY) > MAX_UNFILTERED_SHRINK) {
    source = resample(source, shrunk(source.width, shrinkX), shrunk(source.height, shrinkY));
    warp = foldGeometry(ops, canvas, source);
  }
  warpImage(source, warp, interpolation, output);
  applyPhotometry(output, source.channels, ops);
  for (const op of ops)
    if (op.kind === 'gaussianNoise') addGaussianNoise(output, source.channels, op.sigmaLevels, op.seed);
}

const shrunk = (size: number, factor: number): number => Math.max(1, Math.round(size / Math.max(1, factor)));
