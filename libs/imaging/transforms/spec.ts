/** Smallest and largest value of a range, both included. */
export type Range = readonly [min: number, max: number];

/**
 * One step of a transform. Sizes are pixels; each op takes the image that the op before it made.
 * Behaviour follows torchvision (Pillow back end) except where an op is named after another library.
 */
export type TransformOp =
  /**
   * Crops to the head, before anything else: the box of the largest contour of what is brighter than a grey level
   * (0-254), see `contourWindow`. An image in which no head is found, or one whose box has less than `minAreaShare`
   * (0-1) of the area, stays whole.
   */
  | { op: 'contourCrop'; thresholdLevel: number; marginPixels: number; minAreaShare: number }
  /** Stretches to exactly this size: bilinear, antialiased when it shrinks. */
  | { op: 'resize'; height: number; width: number }
  /** Resizes the shorter side to `size` and keeps the aspect ratio. */
  | { op: 'resizeShorterSide'; size: number }
  /** Cuts out the centre; an image smaller than that gets black borders. */
  | { op: 'centerCrop'; height: number; width: number }
  /** Cuts out a window at a uniformly random place; an image smaller than that gets black borders, evenly. */
  | { op: 'randomCrop'; height: number; width: number }
  /**
   * Cuts out a window that covers a uniformly random share of the area (0-1) at a log-uniformly random aspect ratio
   * (width / height) and stretches it. After 10 windows that do not fit: the largest centred one with a legal ratio.
   */
  | { op: 'randomResizedCrop'; height: number; width: number; areaScale: Range; aspectRatio: Range }
  /** Mirrors left and right. */
  | { op: 'randomHorizontalFlip'; probability: number }
  /** Mirrors top and bottom. */
  | { op: 'randomVerticalFlip'; probability: number }
  /** Turns counter-clockwise about the centre by a uniformly random angle; what comes in from outside is black. */
  | { op: 'randomRotation'; degrees: Range }
  /**
   * Keras' ImageDataGenerator: shear by a uniformly random angle in degrees of ± `maxShearDegrees`, then zoom by
   * factors drawn apart for x and y (above 1 shows more than the image), about the centre; outside, the nearest edge
   * continues.
   */
  | { op: 'kerasShearZoom'; maxShearDegrees: number; zoom: Range }
  /**
   * Multiplies by a brightness factor and blends with the image's mean grey by a contrast factor, both uniformly
   * random, in random order, rounded down and clamped to 0-255 after each.
   */
  | { op: 'colorJitter'; brightness: Range; contrast: Range }
  /**
   * Adds Gaussian noise of mean 0 and a uniformly random standard deviation in grey levels (0-128): one draw per pixel,
   * the same for all of its channels, rounded and clamped to 0-255. Comes last.
   */
  | { op: 'gaussianNoise'; sigmaLevels: Range };

/**
 * How images become network input: the same object drives preprocess workers, the trainer's evaluation and the
 * predictor, and is stored with each model version.
 */
export interface TransformSpec {
  /** For people; part of the hash like everything else. */
  readonly name: string;
  /** Size of what comes out, pixels. */
  readonly outputHeight: number;
  readonly outputWidth: number;
  /** 1: grey (luma of colour images). 3: RGB (grey images three times). */
  readonly channels: 1 | 3;
  /** How the one warp of the random ops samples. Nearest is exact for flips and crops without resizing. */
  readonly interpolation: 'bilinear' | 'nearest';
  /**
   * How images much larger than the random ops can show are made smaller before them, once. 'resample', also when
   * absent: with antialiasing. 'halve': by means of 2 x 2 pixels as long as the shorter side keeps the longer side of
   * the output; JPEGs are decoded at that size in less than half the time (shrink-on-load).
   */
  readonly shrink?: 'resample' | 'halve';
  /** For training: may draw random numbers. */
  readonly train: readonly TransformOp[];
  /** For validation, test and prediction: the same pixels every time. */
  readonly eval: readonly TransformOp[];
  /**
   * What the network does with the pixels, as fractions of 255: `(pixel / 255 - mean) / std`. One value, or one per
   * colour.
   */
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] };
}

/** Length of the pixels that a transform makes of an image: `[height, width, channel]`, uint8. */
export const outputBytesOf = ({ outputHeight, outputWidth, channels }: TransformSpec): number =>
  outputHeight * outputWidth * channels;

const RANDOM_BY_ANOTHER_NAME: readonly TransformOp['op'][] = ['kerasShearZoom', 'colorJitter', 'gaussianNoise'];

/** Whether an op draws random numbers. */
export const isRandom = ({ op }: TransformOp): boolean =>
  op.startsWith('random') || RANDOM_BY_ANOTHER_NAME.includes(op);
