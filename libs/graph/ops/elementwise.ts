import { attr, graphError, type Graph, type Tensor } from '../core/index.js';
import { broadcastShapes, requireSameType } from './shapes.js';

/** A tensor, or a number that becomes a scalar constant of the other operand's dtype. */
export type Operand = Tensor | number;

function operands(g: Graph, a: Operand, b: Operand, what: string): [Tensor, Tensor] {
  if (typeof a === 'number' && typeof b === 'number') throw graphError(`${what} needs at least one tensor`);
  const left = typeof a === 'number' ? g.constant(a, (b as Tensor).dtype) : a;
  const right = typeof b === 'number' ? g.constant(b, left.dtype) : b;
  requireSameType([left, right], what);
  return [left, right];
}

type BinaryEmitter = (g: Graph, a: Operand, b: Operand) => Tensor;

const binary =
  (type: string): BinaryEmitter =>
  (g, a, b) => {
    const [left, right] = operands(g, a, b, type);
    return g.op(type, [left, right], { T: attr.type(left.dtype) }, [
      { dtype: left.dtype, shape: broadcastShapes(left.shape, right.shape) },
    ])[0]!;
  };

const comparison =
  (type: string): BinaryEmitter =>
  (g, a, b) => {
    const [left, right] = operands(g, a, b, type);
    return g.op(type, [left, right], { T: attr.type(left.dtype) }, [
      { dtype: 'bool', shape: broadcastShapes(left.shape, right.shape) },
    ])[0]!;
  };

const unary =
  (type: string) =>
  (g: Graph, x: Tensor): Tensor =>
    g.op(type, [x], { T: attr.type(x.dtype) }, [x])[0]!;

/** a + b with broadcasting. */
export const add = binary('AddV2');
/** a − b with broadcasting. */
export const sub = binary('Sub');
/** a · b element by element, with broadcasting. */
export const mul = binary('Mul');
/** a / b with broadcasting. */
export const div = binary('RealDiv');
/** The larger of two, element by element. Its gradient goes to `a` where they are equal. */
export const maximum = binary('Maximum');
/** The smaller of two, element by element. Its gradient goes to `a` where they are equal. */
export const minimum = binary('Minimum');

/** a = b, as bool. */
export const equal = comparison('Equal');
/** a > b, as bool. */
export const greater = comparison('Greater');
/** a ≥ b, as bool. */
export const greaterEqual = comparison('GreaterEqual');
/** a < b, as bool. */
export const less = comparison('Less');
/** a ≤ b, as bool. */
export const lessEqual = comparison('LessEqual');

/** x². */
export const square = unary('Square');
/** √x. */
export const sqrt = unary('Sqrt');
/** 1/√x. */
export const rsqrt = unary('Rsqrt');
/** Natural logarithm. */
export const log = unary('Log');
/** eˣ. */
export const exp = unary('Exp');
/** −x. */
export const neg = unary('Neg');
/** |x|; its gradient at 0 is 0. */
export const abs = unary('Abs');

/** Sum of tensors of one shape and dtype. */
export function addN(g: Graph, tensors: readonly Tensor[]): Tensor {
  requireSameType(tensors, 'AddN');
  const shape = tensors.map((tensor) => tensor.shape).reduce<readonly number[]>(broadcastShapes, tensors[0]!.shape);
  if (
    tensors.some(
      (tensor) =>
        tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size === 1 && shape[axis] !== 1),
    )
  )
    throw graphError('AddN does not broadcast: use add');
  if (tensors.length === 1) return tensors[0]!;
  return g.op('AddN', tensors, { N: attr.int(tensors.length), T: attr.type(tensors[0]!.dtype) }, [
    { dtype: tensors[0]!.dtype, shape },
  ])[0]!;
}

/** `a` where the condition holds, else `b`; all three broadcast. */
export function select(g: Graph, condition: Tensor, a: Operand, b: Operand): Tensor {
  const [left, right] = operands(g, a, b, 'SelectV2');
  if (condition.dtype !== 'bool') throw graphError(`The condition of select must be bool, got ${condition.dtype}`);
  const shape = broadcastShapes(condition.shape, broadcastShapes(left.shape, right.shape));
  return g.op('SelectV2', [condition, left, right], { T: attr.type(left.dtype) }, [{ dtype: left.dtype, shape }])[0]!;
}

/** The value unchanged; no gradient flows through it. */
export const stopGradient = unary('StopGradient');
/** The value unchanged; useful to give a value a name or to hang control inputs on. */
export const identity = unary('Identity');
