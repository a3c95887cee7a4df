import type { DataSet } from '../data-set/data-set.js';

/** How a slice lies in the body; oblique is more than 45° off each axis in some direction that cannot be named. */
export type Plane = 'axial' | 'coronal' | 'sagittal' | 'oblique';

type Vector = readonly [x: number, y: number, z: number];

/** A slice in the patient's coordinates: x to her left, y to her back, z to her head (PS3.3 C.7.6.2.1.1), in mm. */
export interface SliceGeometry {
  plane: Plane;
  /** Distance of the slice along the normal of its plane: slices of a series are in this order. */
  positionMm: number;
  /** Direction of growing column numbers. */
  rowDirection: Vector;
  /** Direction of growing row numbers. */
  columnDirection: Vector;
}

/** A slice is named by its plane when it is no further than this from it. */
const MAX_TILT_DEGREES = 35;

/** @returns undefined where orientation is missing or no pair of perpendicular directions */
export function sliceGeometry(frame: DataSet): SliceGeometry | undefined {
  const directions = frame.numbers('ImageOrientationPatient');
  if (directions.length !== 6) return undefined;
  const row = unit(directions.slice(0, 3));
  const column = unit(directions.slice(3));
  if (!row || !column || Math.abs(dot(row, column)) > 0.05) return undefined;
  const normal = cross(row, column);
  const position = frame.numbers('ImagePositionPatient');
  // Upwards, leftwards or backwards, whichever way the rows and columns run: one order for each plane.
  const axis = largestAxis(normal);
  const sign = normal[axis] < 0 ? -1 : 1;
  return {
    plane: planeOf(normal, axis),
    positionMm: position.length === 3 ? sign * dot(position as unknown as Vector, normal) : 0,
    rowDirection: row,
    columnDirection: column,
  };
}

const PLANES: readonly Plane[] = ['sagittal', 'coronal', 'axial'];

function planeOf(normal: Vector, axis: 0 | 1 | 2): Plane {
  const tilt = (Math.acos(Math.min(1, Math.abs(normal[axis]))) * 180) / Math.PI;
  return tilt <= MAX_TILT_DEGREES ? PLANES[axis]! : 'oblique';
}

function largestAxis(vector: Vector): 0 | 1 | 2 {
  const sizes = vector.map(Math.abs);
  return sizes.indexOf(Math.max(...sizes)) as 0 | 1 | 2;
}

function unit(values: readonly number[]): Vector | undefined {
  const length = Math.hypot(...values);
  if (!(length > 0.5 && length < 2)) return undefined;
  return values.map((value) => value / length) as unknown as Vector;
}

export const dot = (left: Vector, right: Vector): number =>
  left[0] * right[0] + left[1] * right[1] + left[2] * right[2];

const cross = (a: Vector, b: Vector): Vector => [
  a[1] * b[2] - a[2] * b[1],
  a[2] * b[0] - a[0] * b[2],
  a[0] * b[1] - a[1] * b[0],
];
