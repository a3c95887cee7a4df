import type { RasterImage } from '../image.js';
import { largestContour } from './largest-contour.js';
import { brightMask, openMask } from './mask.js';

export interface ContourWindowOptions {
  /** Grey level above which a pixel belongs to the head, 0-254. */
  readonly thresholdLevel: number;
  /** Added on every side, as far as the image goes. */
  readonly marginPixels: number;
  /** A window with a smaller share of the image's area, 0-1, is not believed. */
  readonly minAreaShare: number;
}

/** Why an image is kept whole. */
export type UncroppedReason = 'noContour' | 'smallBox';

export interface ContourWindow {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Set when no head was found; the window is the whole image then. */
  readonly uncropped?: UncroppedReason;
}

/**
 * The window around the head (the public recipe for the brain tumour data set, as OpenCV does it): grey,
 * Gaussian 3 x 3, threshold, erode and dilate twice, largest outer contour, its extreme points; the right and bottom
 * ones are not part of the window.
 */
export function contourWindow(
  image: RasterImage,
  { thresholdLevel, marginPixels, minAreaShare }: ContourWindowOptions,
): ContourWindow {
  const whole = (uncropped: UncroppedReason): ContourWindow => ({
    left: 0,
    top: 0,
    width: image.width,
    height: image.height,
    uncropped,
  });
  const contour = largestContour(openMask(brightMask(image, thresholdLevel)));
  if (!contour) return whole('noContour');
  const boxArea = (contour.right - contour.left) * (contour.bottom - contour.top);
  if (boxArea === 0 || boxArea < minAreaShare * image.width * image.height) return whole('smallBox');
  const left = Math.max(0, contour.left - marginPixels);
  const top = Math.max(0, contour.top - marginPixels);
  return {
    left,
    top,
    width: Math.min(image.width, contour.right + marginPixels) - left,
    height: Math.min(image.height, contour.bottom + marginPixels) - top,
  };
}
