import { attr, graphError, type Graph, type Shape, type Tensor } from '../core/index.js';
import { cast, reshape, shapeOf, slice, sum } from '../ops/index.js';
import { isStatic } from '../ops/shapes.js';

/** The numbers of an int32 constant that an op takes as an input (axes, permutations, sizes). */
export function constantInts(g: Graph, tensor: Tensor): number[] {
  const value = g.node(tensor.node).attrs['value'];
  if (value?.kind !== 'tensor' || value.value.dtype !== 'int32')
    throw graphError(`${tensor.node} must be an int32 constant for its user to have a gradient`);
  return [...new Int32Array(value.value.bytes.slice().buffer)];
}

/** An integer attribute list of a node. */
export function intsAttr(
  attrs: Readonly<Record<string, { kind: string; value: unknown }>>,
  name: string,
): readonly number[] {
  const value = attrs[name];
  if (value?.kind !== 'ints') throw graphError(`Attribute ${name} is not a list of integers`);
  return value.value as readonly number[];
}

/** Gives `x` the shape of `like`, also when several of its sizes are known only at run time. */
export function reshapeLike(g: Graph, x: Tensor, like: Tensor): Tensor {
  if (like.shape.filter((size) => size === -1).length <= 1) return reshape(g, x, like.shape);
  return g.op('Reshape', [x, shapeOf(g, like)], { T: attr.type(x.dtype), Tshape: attr.type('int32') }, [
    { dtype: x.dtype, shape: like.shape },
  ])[0]!;
}

/**
 * Undoes broadcasting: sums a gradient over the axes along which `operand` was repeated. bfloat16 is summed in float32,
 * because 8 bits of mantissa lose small terms.
 */
export function unbroadcast(g: Graph, gradient: Tensor, operand: Tensor): Tensor {
  const extra = gradient.shape.length - operand.shape.length;
  const axes = gradient.shape.flatMap((size, axis) =>
    axis < extra || (operand.shape[axis - extra] === 1 && size !== 1) ? [axis] : [],
  );
  if (axes.length === 0) return gradient;
  const reduced = sum(g, cast(g, gradient, 'float32'), axes);
  return cast(g, axes.length === extra ? reduced : reshapeLike(g, reduced, operand), gradient.dtype);
}

/** How many elements of `x` fall into one when reducing over `axes`: a number when known, else a float32 scalar. */
export function reducedCount(g: Graph, x: Tensor, axes: readonly number[]): number | Tensor {
  const sizes = axes.map((axis) => x.shape[axis]!);
  if (isStatic(sizes)) return sizes.reduce((product, size) => product * size, 1);
  const all = shapeOf(g, x);
  const atRunTime = axes.map((axis) => slice(g, all, [axis], [1]));
  const product = atRunTime.reduce((left, right) => g.op('Mul', [left, right], { T: attr.type('int32') }, [left])[0]!);
  return cast(g, reshape(g, product, []), 'float32');
}

/** Shape with the reduced axes kept as 1. */
export const keptShape = (shape: Shape, axes: readonly number[]): number[] =>
  shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
