import {
  attr,
  describe,
  describeShape,
  elementCount,
  graphError,
  type DType,
  type Graph,
  type Shape,
  type Tensor,
} from '../core/index.js';
import { isStatic, normalizeAxes, requireSameType } from './shapes.js';

const int32Vector = (g: Graph, values: readonly number[]): Tensor => g.constant(values, 'int32', [values.length]);

/** The tensor's run-time shape as int32 [rank]. */
export const shapeOf = (g: Graph, x: Tensor): Tensor =>
  g.op('Shape', [x], { T: attr.type(x.dtype), out_type: attr.type('int32') }, [
    { dtype: 'int32', shape: [x.shape.length] },
  ])[0]!;

/** A shape as an op input: a constant when it is known, else what `like` has when the graph runs. */
export const shapeInput = (g: Graph, like: Tensor): Tensor =>
  isStatic(like.shape) ? int32Vector(g, like.shape) : shapeOf(g, like);

/** The same elements in another shape; at most one size may be -1 and is worked out. */
export function reshape(g: Graph, x: Tensor, shape: Shape): Tensor {
  if (shape.filter((size) => size === -1).length > 1)
    throw graphError(`reshape to ${describeShape(shape)}: at most one size may be unknown`);
  const known = elementCount(shape.filter((size) => size !== -1));
  const total = isStatic(x.shape) ? elementCount(x.shape) : undefined;
  if (total !== undefined && (shape.includes(-1) ? known === 0 || total % known !== 0 : total !== known))
    throw graphError(`reshape of ${describe(x)} to ${describeShape(shape)} does not keep the number of elements`);
  const result = total === undefined ? shape : shape.map((size) => (size === -1 ? total / known : size));
  return g.op('Reshape', [x, int32Vector(g, shape)], { T: attr.type(x.dtype), Tshape: attr.type('int32') }, [
    { dtype: x.dtype, shape: result },
  ])[0]!;
}

/** Converts the elements; to bfloat16 rounds to nearest even, to integers truncates. */
export function cast(g: Graph, x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  return g.op('Cast', [x], { SrcT: attr.type(x.dtype), DstT: attr.type(dtype), Truncate: attr.bool(false) }, [
    { dtype, shape: x.shape },
  ])[0]!;
}

/** Joins tensors along one axis. */
export function concat(g: Graph, tensors: readonly Tensor[], axis: number): Tensor {
  requireSameType(tensors, 'concat');
  const first = tensors[0]!;
  const [along] = normalizeAxes([axis], first.shape.length);
  const shape = first.shape.map((size, index) => {
    const sizes = tensors.map((tensor) => tensor.shape[index]);
    if (index === along) return sizes.includes(-1) ? -1 : sizes.reduce<number>((sum, each) => sum + each!, 0);
    const known = sizes.find((each) => each !== -1) ?? size;
    if (
      tensors.some((tensor) => tensor.shape.length !== first.shape.length) ||
      sizes.some((each) => each !== -1 && each !== known)
    )
      throw graphError(`concat along axis ${axis}: ${tensors.map(describe).join(', ')} differ elsewhere`);
    return known;
  });
  if (tensors.length === 1) return first;
  return g.op(
    'ConcatV2',
    [...tensors, g.constant(along!, 'int32')],
    { N: attr.int(tensors.length), T: attr.type(first.dtype), Tidx: attr.type('int32') },
    [{ dtype: first.dtype, shape }],
  )[0]!;
}

/** Reorders the axes: output axis i is input axis `permutation[i]`. */
export function transpose(g: Graph, x: Tensor, permutation: readonly number[]): Tensor {
  const axes = normalizeAxes(permutation, x.shape.length);
  if (axes.length !== x.shape.length)
    throw graphError(`transpose of ${describe(x)} needs ${x.shape.length} axes, got [${permutation.join(',')}]`);
  return g.op('Transpose', [x, int32Vector(g, axes)], { T: attr.type(x.dtype), Tperm: attr.type('int32') }, [
    { dtype: x.dtype, shape: axes.map((axis) => x.shape[axis]!) },
  ])[0]!;
}

/** Repeats the tensor `multiples[i]` times along axis i. */
export function tile(g: Graph, x: Tensor, multiples: readonly number[]): Tensor {
  if (multiples.length !== x.shape.length)
    throw graphError(`tile of ${describe(x)} needs ${x.shape.length} multiples, got [${multiples.join(',')}]`);
  const shape = x.shape.map((size, axis) => (size === -1 ? -1 : size * multiples[axis]!));
  return g.op('Tile', [x, int32Vector(g, multiples)], { T: attr.type(x.dtype), Tmultiples: attr.type('int32') }, [
    { dtype: x.dtype, shape },
  ])[0]!;
}

/** The box that starts at `begin` and has `size`; a size of -1 reaches to the end of its axis. */
export function slice(g: Graph, x: Tensor, begin: readonly number[], size: readonly number[]): Tensor {
  if (begin.length !== x.shape.length || size.length !== x.shape.length)
    throw graphError(`slice of ${describe(x)} needs ${x.shape.length} begins and sizes`);
  const shape = x.shape.map((whole, axis) => {
    if (whole === -1) return size[axis]!;
    const length = size[axis] === -1 ? whole - begin[axis]! : size[axis]!;
    if (begin[axis]! < 0 || length < 0 || begin[axis]! + length > whole)
      throw graphError(`slice [${begin.join(',')}]+[${size.join(',')}] leaves ${describe(x)}`);
    return length;
  });
  return g.op(
    'Slice',
    [x, int32Vector(g, begin), int32Vector(g, size)],
    { T: attr.type(x.dtype), Index: attr.type('int32') },
    [{ dtype: x.dtype, shape }],
  )[0]!;
}

/** Adds `paddings[i] = [before, after]` elements of `value` around axis i. */
export function pad(
  g: Graph,
  x: Tensor,
  paddings: readonly (readonly [before: number, after: number])[],
  value = 0,
): Tensor {
  if (paddings.length !== x.shape.length)
    throw graphError(`pad of ${describe(x)} needs ${x.shape.length} pairs, got ${paddings.length}`);
  const shape = x.shape.map((size, axis) => (size === -1 ? -1 : size + paddings[axis]![0] + paddings[axis]![1]));
  const amounts = g.constant(paddings.flat(), 'int32', [paddings.length, 2]);
  const attrs = { T: attr.type(x.dtype), Tpaddings: attr.type('int32') };
  // `Pad` is what graph optimisers know how to fuse into a convolution; `PadV2` is for other values than 0.
  if (value === 0) return g.op('Pad', [x, amounts], attrs, [{ dtype: x.dtype, shape }])[0]!;
  return g.op('PadV2', [x, amounts, g.constant(value, x.dtype)], attrs, [{ dtype: x.dtype, shape }])[0]!;
}

/** Repeats along axes of size 1 until the shape is that of `like` when the graph runs. */
export const broadcastLike = (g: Graph, x: Tensor, like: Tensor): Tensor =>
  g.op('BroadcastTo', [x, shapeInput(g, like)], { T: attr.type(x.dtype), Tidx: attr.type('int32') }, [
    { dtype: x.dtype, shape: like.shape },
  ])[0]!;

/**
 * Bytes as numbers: a string scalar of little-endian bytes becomes a vector of `dtype`.
 * Placeholders need no such op: the engine feeds every placeholder this way by itself.
 */
export function decodeRaw(g: Graph, bytes: Tensor, dtype: DType): Tensor {
  if (bytes.dtype !== 'string') throw graphError(`decodeRaw needs a string, got ${describe(bytes)}`);
  return g.op('DecodeRaw', [bytes], { out_type: attr.type(dtype), little_endian: attr.bool(true) }, [
    { dtype, shape: [...bytes.shape, -1] },
  ])[0]!;
}
