import { boolAttr, heap, type Kernels } from '../kernel.js';
import type { Memory } from '../memory.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { columnSums } from './columns.js';

/** Kernels of matrix products and biases. */
export const linearKernels: Kernels = {
  MatMul: (call) => {
    const { node, memory } = call;
    // tfjs's kernel is fast only for matrices as they are.
    const a = boolAttr(node, 'transpose_a') ? transposed(memory, heap(call, 0)) : heap(call, 0);
    const b = boolAttr(node, 'transpose_b') ? transposed(memory, heap(call, 1)) : heap(call, 1);
    return [matMul(memory, a, b)];
  },
  BiasAdd: (call) => [call.memory.run('Add', { a: heap(call, 0), b: heap(call, 1) })],
  BiasAddGrad: (call) => {
    const gradient = heap(call, 0);
    const y = call.memory.allocate([gradient.shape.at(-1)!]);
    call.memory.floats(y).set(columnSums(call.memory.floats(gradient), y.shape[0]!));
    return [y];
  },
};

export const transposed = (memory: Memory, x: HeapValue): HeapValue => memory.run('Transpose', { x }, { perm: [1, 0] });

/** Product of [m, k] and [k, n]. */
export function matMul(memory: Memory, a: HeapValue, b: HeapValue): HeapValue {
  const [m, inner, n] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  if (inner !== b.shape[0])
    throw new Error(`matrices [${a.shape.join(',')}] and [${b.shape.join(',')}] do not multiply`);
  if (sizeOf(a) === 0 || sizeOf(b) === 0) return filled({ memory }, [m, n], 'float32', 0);
  const product = memory.run(
    'BatchMatMul',
    { a: { ...a, shape: [1, m, inner] }, b: { ...b, shape: [1, inner, n] } },
    { transposeA: false, transposeB: false },
  );
  return memory.share(product, [m, n]);
}
