import { z } from 'zod';
import { MAX_SIGMA_LEVELS } from './gaussian-noise.js';
import type { TransformOp, TransformSpec } from './spec.js';

const MAX_OUTPUT_PIXELS = 4096;
const size = z.int().min(1).max(MAX_OUTPUT_PIXELS);
const rectangle = { height: size, width: size };
const probability = z.number().min(0).max(1);
const range = (bound: z.ZodNumber) =>
  z
    .tuple([bound, bound])
    .refine(([min, max]) => min <= max, 'expected [min, max] with min ≤ max')
    .readonly();
const positive = z.number().positive().finite();
const factor = z.number().min(0).finite();

const op: z.ZodType<TransformOp> = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('contourCrop'),
    thresholdLevel: z.int().min(0).max(254),
    marginPixels: z.int().min(0).max(MAX_OUTPUT_PIXELS),
    minAreaShare: z.number().min(0).max(1),
  }),
  z.strictObject({ op: z.literal('resize'), ...rectangle }),
  z.strictObject({ op: z.literal('resizeShorterSide'), size }),
  z.strictObject({ op: z.literal('centerCrop'), ...rectangle }),
  z.strictObject({ op: z.literal('randomCrop'), ...rectangle }),
  z.strictObject({
    op: z.literal('randomResizedCrop'),
    ...rectangle,
    areaScale: range(positive.max(1)),
    aspectRatio: range(positive),
  }),
  z.strictObject({ op: z.literal('randomHorizontalFlip'), probability }),
  z.strictObject({ op: z.literal('randomVerticalFlip'), probability }),
  z.strictObject({ op: z.literal('randomRotation'), degrees: range(z.number().min(-360).max(360)) }),
  z.strictObject({
    op: z.literal('kerasShearZoom'),
    maxShearDegrees: z.number().min(0).max(60),
    zoom: range(positive),
  }),
  z.strictObject({ op: z.literal('colorJitter'), brightness: range(factor), contrast: range(factor) }),
  z.strictObject({
    op: z.literal('gaussianNoise'),
    sigmaLevels: range(z.number().min(0).max(MAX_SIGMA_LEVELS)),
  }),
]);

const perChannel = (bound: z.ZodNumber) => z.union([z.array(bound).length(1), z.array(bound).length(3)]).readonly();

/** Shape and ranges of a specification; how its parts fit together is checked in validate.ts. */
export const transformSchema: z.ZodType<TransformSpec> = z.strictObject({
  name: z.string().min(1).max(64),
  outputHeight: size,
  outputWidth: size,
  channels: z.union([z.literal(1), z.literal(3)]),
  interpolation: z.enum(['bilinear', 'nearest']).default('bilinear'),
  shrink: z.enum(['resample', 'halve']).optional(),
  train: z.array(op).max(32).readonly(),
  eval: z.array(op).max(32).readonly(),
  normalize: z.strictObject({ mean: perChannel(z.number().finite()), std: perChannel(positive) }),
});
