import { SulcusError } from '#libs/errors';
import type { Random } from '#libs/random';
import type { Size } from '../image.js';
import type { Range, TransformOp } from './spec.js';

/** An op after its random draw: everything that remains is arithmetic. */
export type DrawnOp =
  | { kind: 'resize'; width: number; height: number }
  /** A window of the image; outside of the image it is black. */
  | { kind: 'crop'; left: number; top: number; width: number; height: number }
  | { kind: 'flip'; axis: 'horizontal' | 'vertical' }
  /** Counter-clockwise. */
  | { kind: 'rotate'; degrees: number }
  | { kind: 'shearZoom'; shearDegrees: number; zoomX: number; zoomY: number }
  | { kind: 'brightness'; factor: number }
  | { kind: 'contrast'; factor: number }
  /** The draws of the pixels are a function of the seed, 32 bits. */
  | { kind: 'gaussianNoise'; sigmaLevels: number; seed: number };

/** Draws the parameters of every op for an image of the given size, in the order of the ops. */
export function drawOps(ops: readonly TransformOp[], image: Size, random: Random): DrawnOp[] {
  const drawn: DrawnOp[] = [];
  let size = image;
  for (const op of ops) {
    for (const step of drawOp(op, size, random)) {
      drawn.push(step);
      if (step.kind === 'crop' || step.kind === 'resize') size = step;
    }
  }
  return drawn;
}

function drawOp(op: TransformOp, size: Size, random: Random): DrawnOp[] {
  switch (op.op) {
    case 'contourCrop':
      throw new SulcusError(
        'INVALID_ARGUMENT',
        'contourCrop must come first: it looks for the head in the image as it is',
      );
    case 'resize':
      return [{ kind: 'resize', width: op.width, height: op.height }];
    case 'resizeShorterSide':
      return [{ kind: 'resize', ...shorterSide(size, op.size) }];
    case 'centerCrop':
      return [centerCrop(size, op)];
    case 'randomCrop':
      return [randomCrop(size, op, random)];
    case 'randomResizedCrop':
      return [
        resizedCropWindow(size, op.areaScale, op.aspectRatio, random),
        { kind: 'resize', width: op.width, height: op.height },
      ];
    case 'randomHorizontalFlip':
      return random.chance(op.probability) ? [{ kind: 'flip', axis: 'horizontal' }] : [];
    case 'randomVerticalFlip':
      return random.chance(op.probability) ? [{ kind: 'flip', axis: 'vertical' }] : [];
    case 'randomRotation':
      return [{ kind: 'rotate', degrees: random.uniform(...op.degrees) }];
    case 'kerasShearZoom': {
      const shearDegrees = random.uniform(-op.maxShearDegrees, op.maxShearDegrees);
      return [
        { kind: 'shearZoom', shearDegrees, zoomX: random.uniform(...op.zoom), zoomY: random.uniform(...op.zoom) },
      ];
    }
    case 'colorJitter': {
      const brightnessFirst = random.chance(0.5);
      const brightness: DrawnOp = { kind: 'brightness', factor: random.uniform(...op.brightness) };
      const contrast: DrawnOp = { kind: 'contrast', factor: random.uniform(...op.contrast) };
      return brightnessFirst ? [brightness, contrast] : [contrast, brightness];
    }
    case 'gaussianNoise': {
      const sigmaLevels = random.uniform(...op.sigmaLevels);
      return [{ kind: 'gaussianNoise', sigmaLevels, seed: random.integer(0, 0xffffffff) }];
    }
  }
}

/** torchvision's rule: the longer side is truncated to whole pixels. */
function shorterSide({ width, height }: Size, size: number): Size {
  return width <= height
    ? { width: size, height: Math.trunc((size * height) / width) }
    : { width: Math.trunc((size * width) / height), height: size };
}

function centerCrop(size: Size, window: Size): DrawnOp {
  const { width, height } = window;
  return {
    kind: 'crop',
    left: Math.round((size.width - width) / 2),
    top: Math.round((size.height - height) / 2),
    width,
    height,
  };
}

function randomCrop(size: Size, window: Size, random: Random): DrawnOp {
  const { width, height } = window;
  const place = (room: number): number => (room >= 0 ? random.integer(0, room) : Math.round(room / 2));
  return { kind: 'crop', top: place(size.height - height), left: place(size.width - width), width, height };
}

const RESIZED_CROP_TRIES = 10;

/** torchvision `RandomResizedCrop.get_params`. */
function resizedCropWindow(size: Size, areaScale: Range, aspectRatio: Range, random: Random): DrawnOp {
  const area = size.width * size.height;
  const [minLog, maxLog] = [Math.log(aspectRatio[0]), Math.log(aspectRatio[1])];
  for (let attempt = 0; attempt < RESIZED_CROP_TRIES; attempt++) {
    const targetArea = area * random.uniform(...areaScale);
    const ratio = Math.exp(random.uniform(minLog, maxLog));
    const width = Math.round(Math.sqrt(targetArea * ratio));
    const height = Math.round(Math.sqrt(targetArea / ratio));
    if (width > 0 && width <= size.width && height > 0 && height <= size.height) {
      return {
        kind: 'crop',
        top: random.integer(0, size.height - height),
        left: random.integer(0, size.width - width),
        width,
        height,
      };
    }
  }
  return largestLegalCrop(size, aspectRatio);
}

function largestLegalCrop({ width, height }: Size, [minRatio, maxRatio]: Range): DrawnOp {
  const ratio = width / height;
  const cropWidth = ratio > maxRatio ? Math.round(height * maxRatio) : width;
  const cropHeight = ratio < minRatio ? Math.round(width / minRatio) : height;
  return {
    kind: 'crop',
    left: Math.trunc((width - cropWidth) / 2),
    top: Math.trunc((height - cropHeight) / 2),
    width: cropWidth,
    height: cropHeight,
  };
}
