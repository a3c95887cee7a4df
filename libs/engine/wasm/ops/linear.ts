import { boolAttr, tensorInput, type OpKernels } from '../op-kernel.js';
import type { Heap } from '../heap.js';
import { sizeOf, type HeapValue } from '../value.js';
import { filled } from './elementwise.js';
import { columnSums } from './columns.js';

/** Kernels of matrix products and biases. */
export const linearKernels: OpKernels = {
  MatMul: (call) => {
    const { node, heap } = call;
    // tfjs's kernel is fast only for matrices as they are.
    const a = boolAttr(node, 'transpose_a') ? transposed(heap, tensorInput(call, 0)) : tensorInput(call, 0);
    const b = boolAttr(node, 'transpose_b') ? transposed(heap, tensorInput(call, 1)) : tensorInput(call, 1);
    return [matMul(heap, a, b)];
  },
  BiasAdd: (call) => [call.heap.run('Add', { a: tensorInput(call, 0), b: tensorInput(call, 1) })],
  BiasAddGrad: (call) => {
    const gradient = tensorInput(call, 0);
    const y = call.heap.allocate([gradient.shape.at(-1)!]);
    call.heap.floats(y).set(columnSums(call.heap.floats(gradient), y.shape[0]!));
    return [y];
  },
};

export const transposed = (heap: Heap, x: HeapValue): HeapValue => heap.run('Transpose', { x }, { perm: [1, 0] });

/** Product of [m, k] and [k, n]. */
export function matMul(heap: Heap, a: HeapValue, b: HeapValue): HeapValue {
  const [m, inner, n] = [a.shape[0]!, a.shape[1]!, b.shape[1]!];
  if (inner !== b.shape[0])
    throw new Error(`matrices [${a.shape.join(',')}] and [${b.shape.join(',')}] do not multiply`);
  if (sizeOf(a) === 0 || sizeOf(b) === 0) return filled({ heap }, [m, n], 'float32', 0);
  const product = heap.run(
    'BatchMatMul',
    { a: { ...a, shape: [1, m, inner] }, b: { ...b, shape: [1, inner, n] } },
    { transposeA: false, transposeB: false },
  );
  return heap.share(product, [m, n]);
}
