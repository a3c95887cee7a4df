import { decodeImage } from '../decode/decode-image.js';
import { encodeImage } from '../encode-image.js';
import type { TransformSpec } from '../transforms/spec.js';
import { overlayHeat } from './overlay.js';
import { projectHeatMap, type HeatMap } from './project.js';

/** A picture of a heat map: over the image, or alone as grey levels. */
export type HeatMapForm = 'overlay' | 'heat-map';

/** A picture to draw. */
export interface HeatMapRequest {
  /** Encoded file. */
  image: Uint8Array;
  heatMap: HeatMap;
  form: HeatMapForm;
}

/** A picture of the image's own size. */
export interface DrawnHeatMap {
  png: Uint8Array;
  width: number;
  height: number;
}

/**
 * Draws a heat map in the pixels of the image that a network saw through a transform.
 *
 * @throws IMAGE_* for bytes that are no readable image
 */
export async function drawHeatMap(
  { image: bytes, heatMap, form }: HeatMapRequest,
  transform: TransformSpec,
): Promise<DrawnHeatMap> {
  const image = await decodeImage(bytes);
  const levels = projectHeatMap(image, heatMap, transform);
  const png = await encodeImage(form === 'overlay' ? overlayHeat(image, levels) : levels, 'png');
  // A buffer of its own can be handed to another thread without a copy.
  return { png: new Uint8Array(png), width: image.width, height: image.height };
}
