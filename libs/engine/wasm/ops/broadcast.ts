import type { Heap } from '../heap.js';
import { copyStrided, rowMajorStrides } from '../strided-copy.js';
import type { HeapValue } from '../value.js';

/** Shape of two operands together, by NumPy's rules. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const [left, right] = [a[axis - rank + a.length] ?? 1, b[axis - rank + b.length] ?? 1];
    if (left !== right && left !== 1 && right !== 1)
      throw new Error(`shapes [${a.join(',')}] and [${b.join(',')}] do not broadcast`);
    return left === 1 ? right : left;
  });
}

/** Repeats a value along axes of size 1, and new leading ones, until it has the shape. */
export function broadcast(heap: Heap, x: HeapValue, shape: readonly number[]): HeapValue {
  if (x.shape.join() === shape.join()) return x;
  const y = heap.allocate(shape, x.dtype);
  const view = heap.view(y);
  if (x.shape.every((size) => size === 1)) {
    view.fill(heap.view(x)[0]!);
    return y;
  }
  const added = shape.length - x.shape.length;
  const own = rowMajorStrides(x.shape);
  const strides = shape.map((_, axis) => (axis < added || x.shape[axis - added] === 1 ? 0 : own[axis - added]!));
  copyStrided({ view: heap.view(x), offset: 0, strides }, { view, offset: 0, strides: rowMajorStrides(shape) }, shape);
  return y;
}
