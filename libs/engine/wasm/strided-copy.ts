import type { HeapView } from './value.js';

/** How elements lie: where the first is, and how far apart neighbours along each axis are. */
export interface Strided {
  readonly view: HeapView;
  readonly offset: number;
  readonly strides: readonly number[];
}

/** Distances between neighbours along each axis of a row-major tensor, in elements. */
export function rowMajorStrides(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** One axis of a box: how many elements, and how far apart on both sides. */
interface Axis {
  readonly size: number;
  readonly from: number;
  readonly to: number;
}

/** Copies a box of `shape` elements; a stride of 0 repeats along its axis. */
export function copyStrided(from: Strided, to: Strided, shape: readonly number[]): void {
  if (shape.includes(0)) return;
  const axes = merged(shape.map((size, axis) => ({ size, from: from.strides[axis]!, to: to.strides[axis]! })));
  const row = axes.pop() ?? { size: 1, from: 1, to: 1 };
  const copyAxis = (depth: number, source: number, target: number): void => {
    const axis = axes[depth];
    if (!axis) return copyRow(from.view, source, to.view, target, row);
    for (let index = 0; index < axis.size; index++)
      copyAxis(depth + 1, source + index * axis.from, target + index * axis.to);
  };
  copyAxis(0, from.offset, to.offset);
}

/** Joins axes that lie behind one another on both sides: fewer and longer rows. */
function merged(axes: readonly Axis[]): Axis[] {
  const result: Axis[] = [];
  for (const axis of axes.filter(({ size }) => size !== 1)) {
    const outer = result.at(-1);
    const joins = outer?.from === axis.from * axis.size && outer.to === axis.to * axis.size;
    if (joins) result[result.length - 1] = { ...axis, size: outer.size * axis.size };
    else result.push(axis);
  }
  return result;
}

/** From this length on a block copy is cheaper than a loop. */
const BLOCK_ELEMENTS = 32;

function copyRow(source: HeapView, from: number, target: HeapView, to: number, row: Axis): void {
  if (row.from === 1 && row.to === 1 && row.size >= BLOCK_ELEMENTS)
    target.set(source.subarray(from, from + row.size), to);
  else
    for (let index = 0, s = from, t = to; index < row.size; index++, s += row.from, t += row.to) target[t] = source[s]!;
}
