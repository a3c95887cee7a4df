import { attr, type Graph, type Tensor } from '../core/index.js';
import { div, greaterEqual, lessEqual, mul, neg, select } from '../ops/index.js';
import type { GradientContext, GradientRule, GradientRules } from './registry.js';
import { unbroadcast } from './support.js';

/** A rule for two broadcast operands: what flows to each before broadcasting is undone. */
const binary =
  (left: (c: GradientContext) => Tensor, right: (c: GradientContext) => Tensor): GradientRule =>
  (c) => [
    c.needs(0) ? unbroadcast(c.g, left(c), c.inputs[0]!) : undefined,
    c.needs(1) ? unbroadcast(c.g, right(c), c.inputs[1]!) : undefined,
  ];

const unary =
  (rule: (c: GradientContext, x: Tensor, y: Tensor) => Tensor): GradientRule =>
  (c) => [rule(c, c.inputs[0]!, c.outputs[0]!)];

/** TensorFlow's fused gradient ops of unary functions take the output and its gradient. */
const fusedFromOutput = (type: string): GradientRule =>
  unary(({ g, gradient }, _x, y) => gradientOp(g, type, y, gradient));

const gradientOp = (g: Graph, type: string, first: Tensor, second: Tensor): Tensor =>
  g.op(type, [first, second], { T: attr.type(first.dtype) }, [first])[0]!;

const zero = (c: GradientContext): Tensor => c.g.constant(0, c.gradient.dtype);

/** The gradient goes to the operand that was chosen. */
const chosen = (comparison: typeof greaterEqual): GradientRule =>
  binary(
    (c) => select(c.g, comparison(c.g, c.inputs[0]!, c.inputs[1]!), c.gradient, zero(c)),
    (c) => select(c.g, comparison(c.g, c.inputs[0]!, c.inputs[1]!), zero(c), c.gradient),
  );

/** Arithmetic and activations. */
export const elementwiseRules: GradientRules = {
  AddV2: binary(
    (c) => c.gradient,
    (c) => c.gradient,
  ),
  Sub: binary(
    (c) => c.gradient,
    (c) => neg(c.g, c.gradient),
  ),
  Mul: binary(
    (c) => mul(c.g, c.gradient, c.inputs[1]!),
    (c) => mul(c.g, c.gradient, c.inputs[0]!),
  ),
  RealDiv: binary(
    (c) => div(c.g, c.gradient, c.inputs[1]!),
    (c) => neg(c.g, mul(c.g, c.gradient, div(c.g, c.outputs[0]!, c.inputs[1]!))),
  ),
  Maximum: chosen(greaterEqual),
  Minimum: chosen(lessEqual),
  AddN: (c) => c.inputs.map(() => c.gradient),
  SelectV2: (c) => [
    undefined,
    c.needs(1) ? unbroadcast(c.g, select(c.g, c.inputs[0]!, c.gradient, zero(c)), c.inputs[1]!) : undefined,
    c.needs(2) ? unbroadcast(c.g, select(c.g, c.inputs[0]!, zero(c), c.gradient), c.inputs[2]!) : undefined,
  ],
  Identity: unary(({ gradient }) => gradient),
  StopGradient: () => [undefined],
  Square: unary(({ g, gradient }, x) => mul(g, gradient, mul(g, x, 2))),
  Sqrt: fusedFromOutput('SqrtGrad'),
  Rsqrt: fusedFromOutput('RsqrtGrad'),
  Log: unary(({ g, gradient }, x) => div(g, gradient, x)),
  Exp: unary(({ g, gradient }, _x, y) => mul(g, gradient, y)),
  Neg: unary(({ g, gradient }) => neg(g, gradient)),
  Abs: unary(({ g, gradient }, x) => mul(g, gradient, g.op('Sign', [x], { T: attr.type(x.dtype) }, [x])[0]!)),
  Sigmoid: fusedFromOutput('SigmoidGrad'),
  Tanh: fusedFromOutput('TanhGrad'),
  // The gradients of ReLU and ReLU6 take the output as well as the input; the output is what memory holds anyway.
  Relu: unary(({ g, gradient }, _x, y) => gradientOp(g, 'ReluGrad', gradient, y)),
  Relu6: unary(({ g, gradient }, _x, y) => gradientOp(g, 'Relu6Grad', gradient, y)),
};
