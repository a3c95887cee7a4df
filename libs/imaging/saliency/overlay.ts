import { withChannels } from '../channels.js';
import type { RasterImage } from '../image.js';
import { heatColours } from './colour-map.js';

/** Share of the heat colour in a pixel of the largest value: what lies below stays visible. */
const MAX_OPACITY = 0.65;

/**
 * Colours an image by levels: the higher the level, the warmer and the more opaque; at level 0 the image stays as it
 * is.
 *
 * @param levels [height, width, 1] of the image's size, as `projectHeatMap` gives them
 * @returns [height, width, 3]
 */
export function overlayHeat(image: RasterImage, levels: RasterImage): RasterImage {
  const { width, height, data } = withChannels(image, 3);
  const output = new Uint8Array(data);
  for (let pixel = 0, i = 0; pixel < levels.data.length; pixel++, i += 3) {
    const level = levels.data[pixel]!;
    if (level === 0) continue;
    const opacity = (MAX_OPACITY * level) / 255;
    for (let channel = 0; channel < 3; channel++)
      output[i + channel] = Math.round(
        data[i + channel]! * (1 - opacity) + heatColours[3 * level + channel]! * opacity,
      );
  }
  return { width, height, channels: 3, data: output };
}
