import { readFileSync } from 'node:fs';
import { decodeImage, type DrawnOp, type RasterImage } from '#libs/imaging';

/** What torchvision, Pillow and SciPy make of one small picture: see scripts/fixtures/imaging_reference.py. */
export interface Reference {
  grey: string;
  colour: string;
  large: string;
  luma: string;
  resize: { width: number; height: number; png: string }[];
  resizeColour: { width: number; height: number; png: string };
  rotate: { degrees: number; png: string }[];
  enhance: { image: 'grey' | 'colour'; ops: Extract<DrawnOp, { factor: number }>[]; png: string }[];
  shearZoom: { shearDegrees: number; zoomX: number; zoomY: number; png: string }[];
  s0: {
    flipHorizontal: boolean;
    flipVertical: boolean;
    degrees: number;
    left: number;
    top: number;
    width: number;
    height: number;
    brightness: number;
    contrast: number;
    png: string;
  }[];
  resizedCropQuantiles: Record<'top' | 'left' | 'width' | 'height', number[]>;
}

export const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/imaging/reference.json', import.meta.url), 'utf8'),
) as Reference;

export const pixelsOf = (png: string): Promise<RasterImage> => decodeImage(Buffer.from(png, 'base64'));

/** Differences between two images of the same size, in grey levels. */
export function difference(
  actual: Uint8Array,
  expected: Uint8Array,
): { max: number; mean: number; differingShare: number } {
  if (actual.length !== expected.length) throw new Error(`${actual.length} bytes against ${expected.length}`);
  let max = 0;
  let sum = 0;
  let differing = 0;
  for (let i = 0; i < actual.length; i++) {
    const distance = Math.abs(actual[i]! - expected[i]!);
    max = Math.max(max, distance);
    sum += distance;
    if (distance > 0) differing++;
  }
  return { max, mean: sum / actual.length, differingShare: differing / actual.length };
}
