import { describe, graphError, type Graph, type Tensor } from '../core/index.js';
import { cast, pad, reshape, slice, sum, transpose } from '../ops/index.js';
import type { GradientRules } from './registry.js';
import { constantInts, reshapeLike, unbroadcast } from './support.js';

/** Ops that move or copy elements. */
export const layoutRules: GradientRules = {
  Reshape: ({ g, gradient, inputs }) => [reshapeLike(g, gradient, inputs[0]!), undefined],

  Cast: ({ g, gradient, inputs }) => [cast(g, gradient, inputs[0]!.dtype)],

  Transpose: ({ g, gradient, inputs }) => {
    const permutation = constantInts(g, inputs[1]!);
    return [
      transpose(
        g,
        gradient,
        permutation.map((_, axis) => permutation.indexOf(axis)),
      ),
      undefined,
    ];
  },

  ConcatV2: ({ g, gradient, inputs, needs }) => {
    const parts = inputs.slice(0, -1);
    const [axis] = constantInts(g, inputs.at(-1)!);
    let offset = 0;
    const gradients = parts.map((part, index) => {
      const length = part.shape[axis!]!;
      // The last part reaches to the end, so its size may be unknown.
      if (length === -1 && index < parts.length - 1)
        throw graphError(`concat along an axis of unknown size has no gradient: ${describe(part)}`);
      const begin = part.shape.map((_, each) => (each === axis ? offset : 0));
      offset += length;
      return needs(index)
        ? slice(
            g,
            gradient,
            begin,
            part.shape.map((_, each) => (each === axis ? length : -1)),
          )
        : undefined;
    });
    return [...gradients, undefined];
  },

  Tile: ({ g, gradient, inputs }) => {
    const [x, multiples] = [inputs[0]!, constantInts(g, inputs[1]!)];
    // [m·s] is m repetitions of s: fold each axis into two and sum over the repetitions.
    const folded = reshape(
      g,
      gradient,
      x.shape.flatMap((size, axis) => [multiples[axis]!, size]),
    );
    return [
      sum(
        g,
        folded,
        x.shape.map((_, axis) => 2 * axis),
      ),
      undefined,
    ];
  },

  Slice: ({ g, gradient, inputs }) => {
    const x = inputs[0]!;
    const [begin, size] = [constantInts(g, inputs[1]!), constantInts(g, inputs[2]!)];
    const paddings = x.shape.map((whole, axis): [number, number] => {
      if (size[axis] === -1) return [begin[axis]!, 0];
      if (whole === -1)
        throw graphError(`slice of ${describe(x)} to a fixed size has no gradient along its unknown axis`);
      return [begin[axis]!, whole - begin[axis]! - size[axis]!];
    });
    return [
      paddings.every(([before, after]) => before === 0 && after === 0) ? gradient : pad(g, gradient, paddings),
      undefined,
      undefined,
    ];
  },

  Pad: ({ g, gradient, inputs }) => [unpad(g, gradient, inputs), undefined],
  // The padded value is a constant of the graph.
  PadV2: ({ g, gradient, inputs }) => [unpad(g, gradient, inputs), undefined, undefined],

  BroadcastTo: ({ g, gradient, inputs }) => [unbroadcast(g, gradient, inputs[0]!), undefined],
};

/** Cuts the padding off again. */
function unpad(g: Graph, gradient: Tensor, inputs: readonly Tensor[]): Tensor {
  const x = inputs[0]!;
  const amounts = constantInts(g, inputs[1]!);
  const size = x.shape.map((each, axis) => {
    if (each !== -1) return each;
    if (amounts[2 * axis + 1] !== 0)
      throw graphError(`pad after an axis of unknown size has no gradient: ${describe(x)}`);
    return -1;
  });
  return slice(
    g,
    gradient,
    x.shape.map((_, axis) => amounts[2 * axis]!),
    size,
  );
}
