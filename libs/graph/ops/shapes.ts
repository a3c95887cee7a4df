import { describe, describeShape, graphError, type Shape, type Tensor } from '../core/index.js';

/** Turns axes counted from the end into axes from the front; refuses axes that are not there or named twice. */
export function normalizeAxes(axes: readonly number[], rank: number): number[] {
  const normalized = axes.map((axis) => (axis < 0 ? axis + rank : axis));
  if (normalized.some((axis) => !Number.isInteger(axis) || axis < 0 || axis >= rank))
    throw graphError(`Axes [${axes.join(',')}] do not fit rank ${rank}`);
  if (new Set(normalized).size !== normalized.length) throw graphError(`Axes [${axes.join(',')}] name an axis twice`);
  return normalized;
}

/**
 * Shape of an element-wise result under NumPy's broadcasting. Two unknown sizes are taken to be equal (both are the
 * batch); an unknown size against a known one other than 1 takes the known one.
 */
export function broadcastShapes(a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    if (left === -1) return right;
    if (right === -1) return left;
    throw graphError(`Shapes ${describeShape(a)} and ${describeShape(b)} do not broadcast`);
  });
}

/** Shape after reducing over axes. */
export function reduceShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  const reduced = new Set(normalizeAxes(axes, shape.length));
  return shape.flatMap((size, axis) => (reduced.has(axis) ? (keepDims ? [1] : []) : [size]));
}

/** Size of one spatial axis after a window slides over it (TensorFlow's SAME and VALID). */
export function windowedSize(
  size: number,
  window: number,
  stride: number,
  dilation: number,
  padding: 'SAME' | 'VALID',
): number {
  if (size === -1) return -1;
  const reach = (window - 1) * dilation + 1;
  const result = padding === 'SAME' ? Math.ceil(size / stride) : Math.ceil((size - reach + 1) / stride);
  if (result <= 0) throw graphError(`A window of ${reach} does not fit into ${size}`);
  return result;
}

/** @throws INVALID_ARGUMENT unless the tensor has the rank */
export function requireRank(tensor: Tensor, rank: number, what: string): void {
  if (tensor.shape.length !== rank) throw graphError(`${what} must have rank ${rank}, got ${describe(tensor)}`);
}

/** @throws INVALID_ARGUMENT unless all tensors have one dtype */
export function requireSameType(tensors: readonly Tensor[], what: string): void {
  const first = tensors[0];
  if (!first) throw graphError(`${what} needs at least one input`);
  const other = tensors.find((tensor) => tensor.dtype !== first.dtype);
  if (other)
    throw graphError(`${what} needs inputs of one dtype, got ${describe(first)} and ${describe(other)}: cast one`);
}

/** True when no size is unknown. */
export const isStatic = (shape: Shape): boolean => !shape.includes(-1);
