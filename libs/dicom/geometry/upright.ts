import { dot, type Plane, type SliceGeometry } from './plane.js';

/** Pixels `[row, column, channel]`. */
interface Raster {
  width: number;
  height: number;
  channels: number;
  data: Uint8Array;
}

type Vector = SliceGeometry['rowDirection'];

/**
 * Where right and down point in a picture as radiologists hang it: the patient's left on the right side of axial and
 * coronal pictures, her face to the left of sagittal ones, her head up.
 */
const HANGING: Readonly<Record<Exclude<Plane, 'oblique'>, { right: Vector; down: Vector }>> = {
  axial: { right: [1, 0, 0], down: [0, 1, 0] },
  coronal: { right: [1, 0, 0], down: [0, 0, -1] },
  sagittal: { right: [0, 1, 0], down: [0, 0, -1] },
};

/**
 * Turns and mirrors a slice so that it hangs as all others of its plane do: an exact rearrangement of its pixels. Left
 * stays left. Oblique slices stay as they are stored.
 */
export function hangUpright<T extends Raster>(image: T, geometry: SliceGeometry | undefined): T {
  if (!geometry || geometry.plane === 'oblique') return image;
  const { right, down } = HANGING[geometry.plane];
  const { rowDirection: row, columnDirection: column } = geometry;
  const isTransposed = Math.abs(dot(row, right)) < Math.abs(dot(column, right));
  const flipsX = dot(isTransposed ? column : row, right) < 0;
  const flipsY = dot(isTransposed ? row : column, down) < 0;
  if (!isTransposed && !flipsX && !flipsY) return image;
  const { channels, data } = image;
  const [width, height] = isTransposed ? [image.height, image.width] : [image.width, image.height];
  const hung = new Uint8Array(data.length);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const [u, v] = [flipsX ? width - 1 - x : x, flipsY ? height - 1 - y : y];
      let from = channels * (isTransposed ? u * image.width + v : v * image.width + u);
      for (let channel = 0; channel < channels; channel++) hung[to++] = data[from++]!;
    }
  return { ...image, width, height, data: hung };
}
