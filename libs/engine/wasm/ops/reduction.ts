import { boolAttr, tensorInput, integers, type OpKernel, type OpCall, type OpKernels } from '../op-kernel.js';
import { sizeOf, type HeapValue, type HeapView } from '../value.js';

/** A tensor seen as [outer, reduced, inner]: what remains before and after the axes that are reduced. */
interface Blocks {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
}

/** Adds up, or compares, one block's elements: `into` holds `inner` numbers in double precision. */
type Accumulate = (x: HeapView, start: number, blocks: Blocks, into: Float64Array) => void;

const addUp: Accumulate = (x, start, { reduced, inner }, into) => {
  into.fill(0);
  for (let row = 0, i = start; row < reduced; row++)
    for (let column = 0; column < inner; column++, i++) into[column]! += x[i]!;
};

const largest: Accumulate = (x, start, { reduced, inner }, into) => {
  into.fill(-Infinity);
  for (let row = 0, i = start; row < reduced; row++) {
    // Written so that NaN is the largest, once it has been seen.
    for (let column = 0; column < inner; column++, i++)
      if (!(x[i]! <= into[column]!)) into[column] = Number.isNaN(into[column]!) ? NaN : x[i]!;
  }
};

const reduction =
  (accumulate: Accumulate, finish: (value: number, count: number) => number = (value) => value): OpKernel =>
  (call) => {
    const { heap } = call;
    const { x, shape, blocks } = arranged(call);
    const y = heap.allocate(shape, x.dtype);
    const [source, target, into] = [heap.view(x), heap.view(y), new Float64Array(blocks.inner)];
    for (let block = 0; block < blocks.outer; block++) {
      accumulate(source, block * blocks.reduced * blocks.inner, blocks, into);
      for (let column = 0; column < blocks.inner; column++)
        target[block * blocks.inner + column] = finish(into[column]!, blocks.reduced);
    }
    return [y];
  };

/** Kernels of reductions. Sums are kept in double precision and rounded once. */
export const reductionKernels: OpKernels = {
  Sum: reduction(addUp),
  Mean: reduction(addUp, (sum, count) => sum / count),
  Max: reduction(largest),
  ArgMax: (call) => {
    const { heap } = call;
    const x = tensorInput(call, 0);
    const axis = heap.view(tensorInput(call, 1))[0]!;
    const [outer, reduced, inner] = [
      sizeOf({ shape: x.shape.slice(0, axis) }),
      x.shape[axis]!,
      sizeOf({ shape: x.shape.slice(axis + 1) }),
    ];
    const y = heap.allocate(
      x.shape.filter((_, each) => each !== axis),
      'int32',
    );
    const [source, target] = [heap.view(x), heap.view(y)];
    for (let block = 0; block < outer; block++) {
      for (let column = 0; column < inner; column++) {
        const at = (row: number): number => source[(block * reduced + row) * inner + column]!;
        let best = 0;
        for (let row = 1; row < reduced; row++) if (at(row) > at(best)) best = row;
        target[block * inner + column] = best;
      }
    }
    return [y];
  },
};

/** Moves the reduced axes next to each other where they are not. */
function arranged(call: OpCall): { x: HeapValue; shape: number[]; blocks: Blocks } {
  const given = tensorInput(call, 0);
  const axes = integers(call, 1).sort((a, b) => a - b);
  const keepDims = boolAttr(call.node, 'keep_dims');
  const shape = given.shape.flatMap((size, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [size]));
  const [first, last] = [axes[0] ?? 0, axes.at(-1) ?? -1];
  const reduced = sizeOf({ shape: axes.map((axis) => given.shape[axis]!) });
  // Axes of one element lie anywhere.
  const apart = given.shape.some((size, axis) => axis > first && axis < last && !axes.includes(axis) && size !== 1);
  if (!apart) {
    const inner = sizeOf({ shape: given.shape.slice(last + 1) });
    return { x: given, shape, blocks: { outer: sizeOf({ shape: given.shape.slice(0, first) }), reduced, inner } };
  }
  const kept = given.shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
  const x = call.heap.run('Transpose', { x: given }, { perm: [...kept, ...axes] });
  return { x, shape, blocks: { outer: sizeOf({ shape: kept.map((axis) => given.shape[axis]!) }), reduced, inner: 1 } };
}
