import { about, compose, scaling, translation, type Affine } from './affine.js';
import type { Size } from '../image.js';
import type { DrawnOp } from './draw.js';

/** All geometry of a transform as one warp. */
export interface Warp {
  readonly width: number;
  readonly height: number;
  /** Output to source. */
  readonly toSource: Affine;
  /**
   * What is black: an output pixel whose centre falls outside of any of these rectangles. Each is the image as it was
   * before an op that shows its surroundings, with the map from the output to it. Elsewhere the nearest edge continues.
   */
  readonly visible: readonly { readonly map: Affine; readonly width: number; readonly height: number }[];
}

/**
 * Folds drawn ops into one warp.
 *
 * @param canvas size of the image that the first op was drawn for
 * @param source size of the pixels at hand, which may be a shrunk copy of the canvas
 */
export function foldGeometry(ops: readonly DrawnOp[], canvas: Size, source: Size): Warp {
  let size = canvas;
  let toSource = scaling(source.width / canvas.width, source.height / canvas.height);
  let visible: Warp['visible'] = [];
  for (const op of ops) {
    const step = geometryOf(op, size);
    if (!step) continue;
    if (step.showsSurroundings) visible = [...visible, { map: scaling(1, 1), width: size.width, height: size.height }];
    visible = visible.map((rectangle) => ({ ...rectangle, map: compose(step.map, rectangle.map) }));
    toSource = compose(step.map, toSource);
    size = step.size;
  }
  return { width: size.width, height: size.height, toSource, visible };
}

interface Step {
  /** New image to old. */
  map: Affine;
  size: Size;
  showsSurroundings: boolean;
}

function geometryOf(op: DrawnOp, { width, height }: Size): Step | undefined {
  const step = (map: Affine, size: Size = { width, height }, showsSurroundings = false): Step => ({
    map,
    size,
    showsSurroundings,
  });
  switch (op.kind) {
    case 'resize':
      return step(scaling(width / op.width, height / op.height), op);
    case 'crop':
      return step(
        translation(op.left, op.top),
        op,
        op.left < 0 || op.top < 0 || op.left + op.width > width || op.top + op.height > height,
      );
    case 'flip':
      return step(op.axis === 'horizontal' ? { ...scaling(-1, 1), x0: width } : { ...scaling(1, -1), y0: height });
    case 'rotate': {
      // Rows count downwards, so this is counter-clockwise for the eye; it maps the turned image back to the upright
      // one.
      const [cos, sin] = cosineAndSine(op.degrees);
      return step(about(width / 2, height / 2, { xx: cos, xy: -sin, yx: sin, yy: cos }), undefined, true);
    }
    case 'shearZoom': {
      const [cos, sin] = cosineAndSine(op.shearDegrees);
      return step(about(width / 2, height / 2, { xx: op.zoomX, xy: -sin * op.zoomY, yx: 0, yy: cos * op.zoomY }));
    }
    case 'brightness':
    case 'contrast':
    case 'gaussianNoise':
      return undefined;
  }
}

/** Rounded to 15 places like Pillow, so that quarter turns are exact. */
function cosineAndSine(degrees: number): [cosine: number, sine: number] {
  const radians = (degrees * Math.PI) / 180;
  const rounded = (value: number): number => Math.round(value * 1e15) / 1e15;
  return [rounded(Math.cos(radians)), rounded(Math.sin(radians))];
}
