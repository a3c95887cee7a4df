import { MASK_BORDER, type Mask } from './mask.js';

/** The extreme pixels of a contour, all four included. */
export interface Extremes {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

interface Contour extends Extremes {
  /** Of the polygon through the centres of its pixels (OpenCV's `contourArea`). */
  readonly area: number;
}

const SEEN = 2;

/**
 * The outer contour (8-connected) that encloses the largest area; of equal ones the one whose first pixel comes last.
 * Area, not number of pixels: the ring of a skull has fewer pixels than the brain in it.
 *
 * The edges of holes are walked like outer ones: each lies inside of its outer contour and so encloses less.
 *
 * @param mask with a border of zeros; pixels on contours are marked in it
 * @returns undefined when the mask is empty
 */
export function largestContour(mask: Mask): Extremes | undefined {
  const { width, height, stride, cells } = mask;
  let largest: Contour | undefined;
  for (let y = 0, row = MASK_BORDER * stride + MASK_BORDER; y < height; y++, row += stride) {
    for (let i = row; i < row + width; i++) {
      if (cells[i] !== 1 || cells[i - 1] !== 0) continue;
      const contour = follow(mask, i);
      if (!largest || contour.area >= largest.area) largest = contour;
    }
  }
  return largest;
}

/** East, north-east, and on counter-clockwise. */
const STEP_X = [1, 1, 0, -1, -1, -1, 0, 1] as const;
const STEP_Y = [0, -1, -1, -1, 0, 1, 1, 1] as const;
const WEST = 4;

/**
 * Walks around a contour, counter-clockwise for the eye, from a pixel whose western neighbour is empty (Suzuki and Abe
 * 1985).
 */
function follow({ stride, cells }: Mask, start: number): Contour {
  const offsets = STEP_X.map((x, direction) => x + STEP_Y[direction]! * stride);
  let x = (start % stride) - MASK_BORDER;
  let y = Math.floor(start / stride) - MASK_BORDER;
  let [left, right, top, bottom, twiceArea] = [x, x, y, y, 0];
  cells[start] = SEEN;

  let direction = WEST;
  do direction = (direction + 7) & 7;
  while (direction !== WEST && cells[start + offsets[direction]!] === 0);
  if (direction === WEST) return { left, right, top, bottom, area: 0 };
  const lastBeforeStart = start + offsets[direction]!;

  for (let at = start; ; ) {
    do direction = (direction + 1) & 7;
    while (cells[at + offsets[direction]!] === 0);
    const next = at + offsets[direction]!;
    cells[next] = SEEN;
    const [stepX, stepY] = [STEP_X[direction]!, STEP_Y[direction]!];
    twiceArea += x * stepY - y * stepX;
    x += stepX;
    y += stepY;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
    if (next === start && at === lastBeforeStart) break;
    at = next;
    direction = (direction + 4) & 7;
  }
  return { left, right, top, bottom, area: Math.abs(twiceArea) / 2 };
}
