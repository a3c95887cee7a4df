import type { TransformOp, TransformSpec } from './spec.js';

const HALF = { mean: [0.5], std: [0.5] } as const;
const UNIT = { mean: [0], std: [1] } as const;

/** Share of the image's area that a random crop keeps at least. */
const SMALLEST_CROP_SHARE = 0.8;

const headCrop: TransformOp = { op: 'contourCrop', thresholdLevel: 45, marginPixels: 0, minAreaShare: 0.2 };
const horizontalFlip: TransformOp = { op: 'randomHorizontalFlip', probability: 0.5 };
const verticalFlip: TransformOp = { op: 'randomVerticalFlip', probability: 0.5 };
const jitter: TransformOp = { op: 'colorJitter', brightness: [0.9, 1.1], contrast: [0.8, 1.2] };
const resize = (size: number): TransformOp => ({ op: 'resize', height: size, width: size });
const resizedCrop = (size: number): TransformOp => ({
  op: 'randomResizedCrop',
  height: size,
  width: size,
  areaScale: [SMALLEST_CROP_SHARE, 1],
  aspectRatio: [3 / 4, 4 / 3],
});

const square = (name: string, size: number) =>
  ({ name, outputHeight: size, outputWidth: size, channels: 1, interpolation: 'bilinear' }) as const;

/**
 * Upright heads: small turns, so that left-right symmetry and the plane stay visible cues, and little is to be
 * unlearned. Training squeezes images to a square first, as evaluation does: a random crop of a long slice would
 * otherwise be its undistorted centre, which evaluation never shows. The square is so large that the smallest crop has
 * full resolution.
 */
export const defaultTransform = (size: number): TransformSpec => ({
  ...square(`default-${size}`, size),
  train: [
    resize(Math.ceil(size / Math.sqrt(SMALLEST_CROP_SHARE))),
    horizontalFlip,
    { op: 'randomRotation', degrees: [-15, 15] },
    resizedCrop(size),
    jitter,
  ],
  eval: [resize(size)],
  normalize: HALF,
});

/** ResNet-50 on brain MRI (docs/reproductions.md, S0): every orientation is equally likely. */
export const s0Transform = (size: number): TransformSpec => ({
  ...square(`s0-${size}`, size),
  shrink: 'halve',
  train: [horizontalFlip, verticalFlip, { op: 'randomRotation', degrees: [-360, 360] }, resizedCrop(size), jitter],
  eval: [resize(size)],
  normalize: HALF,
});

/**
 * Binary classifier (S2): images keep their scale, so nearest sampling is torchvision's result to the pixel.
 * The report shows no evaluation transform; the centre of the same size takes its place.
 */
const s2Transform: TransformSpec = {
  ...square('s2-200', 200),
  interpolation: 'nearest',
  train: [
    { op: 'randomRotation', degrees: [-45, 45] },
    horizontalFlip,
    verticalFlip,
    { op: 'randomCrop', height: 200, width: 200 },
  ],
  eval: [{ op: 'centerCrop', height: 200, width: 200 }],
  normalize: UNIT,
};

/** First run of the same report : no augmentation, at the size its network needs. */
const s2PlainTransform: TransformSpec = {
  ...square('s2-plain-256', 256),
  train: [resize(256)],
  eval: [resize(256)],
  normalize: UNIT,
};

/** VGG-16 on two classes (S3), with the training statistics for evaluation too. */
const s3Transform: TransformSpec = {
  ...square('s3-224', 224),
  train: [resize(224), horizontalFlip],
  eval: [resize(224)],
  normalize: HALF,
};

/**
 * Four Keras networks (S4), cropped to the head by the data set's public recipe; the shear is
 * 0.2 degrees, as the library reads it.
 */
const s4Transform: TransformSpec = {
  ...square('s4-256', 256),
  train: [
    headCrop,
    resize(256),
    { op: 'kerasShearZoom', maxShearDegrees: 0.2, zoom: [0.8, 1.2] },
    horizontalFlip,
    verticalFlip,
  ],
  eval: [headCrop, resize(256)],
  normalize: UNIT,
};

/** The same for a network whose weights expect -1 to 1. */
const s4SymmetricTransform: TransformSpec = { ...s4Transform, name: 's4-symmetric-256', normalize: HALF };

/**
 * The same for a network that divides by 127.5 and subtracts 1 itself, as if pixels were still 0 to 255 (S4,
 * MobileNetV3).
 */
const s4RescaledTwiceTransform: TransformSpec = {
  ...s4Transform,
  name: 's4-rescaled-twice-256',
  normalize: { mean: [127.5], std: [127.5] },
};

const specs: readonly TransformSpec[] = [
  defaultTransform(96),
  defaultTransform(128),
  defaultTransform(224),
  s0Transform(244),
  s0Transform(224),
  s2Transform,
  s2PlainTransform,
  s3Transform,
  s4Transform,
  s4SymmetricTransform,
  s4RescaledTwiceTransform,
];

/** Transforms by name; `default` is `default-96`. */
export const transforms: Readonly<Record<string, TransformSpec>> = Object.freeze({
  default: defaultTransform(96),
  ...Object.fromEntries(specs.map((spec) => [spec.name, spec])),
});
