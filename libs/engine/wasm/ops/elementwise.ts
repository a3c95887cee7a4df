import { tensorInput, type OpKernel, type OpCall, type OpKernels } from '../op-kernel.js';
import type { HeapType, HeapValue, HeapView } from '../value.js';
import { broadcast, broadcastShape } from './broadcast.js';

/** tfjs's kernel of the same meaning, which broadcasts by itself. */
const binary =
  (kernel: string): OpKernel =>
  (call) => [call.heap.run(kernel, { a: tensorInput(call, 0), b: tensorInput(call, 1) })];

const unary =
  (kernel: string): OpKernel =>
  (call) => [call.heap.run(kernel, { x: tensorInput(call, 0) })];

/** A loop of its own per op: one loop that is handed a function would call it for every element. */
type Loop = (y: Float32Array, a: Float32Array, b: Float32Array) => void;

const loop =
  (run: Loop): OpKernel =>
  (call) => {
    const [a, b] = [tensorInput(call, 0), call.inputs.length > 1 ? tensorInput(call, 1) : tensorInput(call, 0)];
    const y = call.heap.allocate(a.shape);
    run(call.heap.floats(y), call.heap.floats(a), call.heap.floats(b));
    return [y];
  };

/**
 * The same on the bits of float32 values: signs are as good as random, so that a branch per element would be guessed
 * wrong half of the time. A mask is all ones or all zeros; `>> 31` makes one of a sign.
 */
const bitLoop = (run: (y: Int32Array, a: Int32Array, b: Int32Array) => void): OpKernel =>
  loop((y, a, b) => run(bitsOf(y), bitsOf(a), bitsOf(b)));

const bitsOf = (floats: Float32Array): Int32Array => new Int32Array(floats.buffer, floats.byteOffset, floats.length);

/** All ones for a NaN: its exponent is full and its fraction is not 0. */
const isNaNMask = (bits: number): number => (0x7f800000 - (bits & 0x7fffffff)) >> 31;

const share: OpKernel = (call) => [
  call.inputs[0]!.place === 'heap' ? call.heap.share(tensorInput(call, 0)) : call.inputs[0]!,
];

/** Kernels of arithmetic, comparisons and activations, and of their gradients. */
export const elementwiseKernels: OpKernels = {
  AddV2: binary('Add'),
  Sub: binary('Sub'),
  Mul: binary('Multiply'),
  RealDiv: binary('RealDiv'),
  Maximum: binary('Maximum'),
  Minimum: binary('Minimum'),
  Equal: binary('Equal'),
  Greater: binary('Greater'),
  GreaterEqual: binary('GreaterEqual'),
  Less: binary('Less'),
  LessEqual: binary('LessEqual'),
  AddN: (call) => [
    call.heap.run(
      'AddN',
      call.inputs.map((_, index) => tensorInput(call, index)),
    ),
  ],
  SelectV2: (call) => [select(call)],
  Identity: share,
  StopGradient: share,

  Square: unary('Square'),
  Sqrt: unary('Sqrt'),
  Rsqrt: unary('Rsqrt'),
  Log: unary('Log'),
  Exp: unary('Exp'),
  Neg: unary('Neg'),
  Abs: unary('Abs'),
  Sign: unary('Sign'),
  Sigmoid: unary('Sigmoid'),
  Tanh: unary('Tanh'),
  OnesLike: (call) => [filled(call, tensorInput(call, 0).shape, tensorInput(call, 0).dtype, 1)],
  Fill: (call) => {
    const value = tensorInput(call, 1);
    return [filled(call, Array.from(call.heap.view(tensorInput(call, 0))), value.dtype, call.heap.view(value)[0]!)];
  },

  // tfjs's ReLU and ReLU6 turn some NaN into 0, and a diverged training would go on unseen: these let NaN through.
  Relu: bitLoop((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = x[i]! & (~(x[i]! >> 31) | isNaNMask(x[i]!));
  }),
  Relu6: loop((y, x) => {
    for (let i = 0; i < y.length; i++) y[i] = x[i]! < 0 ? 0 : x[i]! > 6 ? 6 : x[i]!;
  }),
  // Gradients of ReLU and ReLU6 take the gradient first, those of other functions the output first.
  ReluGrad: bitLoop((dx, dy, y) => {
    for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! & ((-y[i]! & ~y[i]!) >> 31);
  }),
  Relu6Grad: loop((dx, dy, y) => {
    for (let i = 0; i < dx.length; i++) dx[i] = y[i]! > 0 && y[i]! < 6 ? dy[i]! : 0;
  }),
  SigmoidGrad: loop((dx, y, dy) => {
    for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * y[i]! * (1 - y[i]!);
  }),
  TanhGrad: loop((dx, y, dy) => {
    for (let i = 0; i < dx.length; i++) dx[i] = dy[i]! * (1 - y[i]! * y[i]!);
  }),
  SqrtGrad: loop((dx, y, dy) => {
    for (let i = 0; i < dx.length; i++) dx[i] = (0.5 * dy[i]!) / y[i]!;
  }),
  RsqrtGrad: loop((dx, y, dy) => {
    for (let i = 0; i < dx.length; i++) dx[i] = -0.5 * dy[i]! * y[i]! ** 3;
  }),
};

export function filled(
  { heap }: Pick<OpCall, 'heap'>,
  shape: readonly number[],
  dtype: HeapType,
  value: number,
): HeapValue {
  const y = heap.allocate(shape, dtype);
  heap.view(y).fill(value);
  return y;
}

function select(call: OpCall): HeapValue {
  const { heap } = call;
  const given = [tensorInput(call, 0), tensorInput(call, 1), tensorInput(call, 2)];
  const shape = given.map((value) => value.shape).reduce(broadcastShape);
  const [condition, a, b] = given.map((value) => broadcast(heap, value, shape)) as [HeapValue, HeapValue, HeapValue];
  const y = heap.allocate(shape, a.dtype);
  const [target, chosen, other, which]: HeapView[] = [heap.view(y), heap.view(a), heap.view(b), heap.view(condition)];
  for (let i = 0; i < target!.length; i++) target![i] = which![i] ? chosen![i]! : other![i]!;
  return y;
}
