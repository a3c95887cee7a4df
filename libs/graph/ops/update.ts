import { attr, describe, graphError, type Graph, type Operation, type Tensor, type Variable } from '../core/index.js';

function requireFits(variable: Variable, value: Tensor, what: string): void {
  const fits =
    value.dtype === variable.dtype &&
    value.shape.length === variable.shape.length &&
    value.shape.every((size, axis) => size === -1 || size === variable.shape[axis]);
  if (!fits)
    throw graphError(`${what}: ${describe(value)} does not fit variable "${variable.name}" ${describe(variable)}`);
}

/** Replaces the variable's value. */
export function assignVariable(g: Graph, variable: Variable, value: Tensor): Operation {
  requireFits(variable, value, 'assign');
  g.op(
    'AssignVariableOp',
    [variable.handle, value],
    { dtype: attr.type(variable.dtype), validate_shape: attr.bool(true) },
    [],
    { name: 'assign' },
  );
  return g.lastOperation;
}

/** variable −= learningRate · gradient. */
export function resourceApplyGradientDescent(
  g: Graph,
  variable: Variable,
  learningRate: Tensor,
  gradient: Tensor,
): Operation {
  requireFits(variable, gradient, 'gradient descent');
  g.op(
    'ResourceApplyGradientDescent',
    [variable.handle, learningRate, gradient],
    { T: attr.type(variable.dtype), use_locking: attr.bool(true) },
    [],
    { name: 'applyGradientDescent' },
  );
  return g.lastOperation;
}

/**
 * accumulator ← momentum · accumulator + gradient; variable −= learningRate · accumulator (PyTorch's SGD).
 * With `nesterov` the step is learningRate · (gradient + momentum · accumulator).
 */
export function resourceApplyMomentum(
  g: Graph,
  variable: Variable,
  accumulator: Variable,
  learningRate: Tensor,
  gradient: Tensor,
  momentum: Tensor,
  { nesterov = false } = {},
): Operation {
  requireFits(variable, gradient, 'momentum');
  g.op(
    'ResourceApplyMomentum',
    [variable.handle, accumulator.handle, learningRate, gradient, momentum],
    { T: attr.type(variable.dtype), use_locking: attr.bool(true), use_nesterov: attr.bool(nesterov) },
    [],
    { name: 'applyMomentum' },
  );
  return g.lastOperation;
}

/** Scalars of Adam; `beta1Power` and `beta2Power` are β₁ᵗ and β₂ᵗ of the step t being made (t = 1 for the first). */
export interface AdamScalars {
  beta1Power: Tensor;
  beta2Power: Tensor;
  learningRate: Tensor;
  beta1: Tensor;
  beta2: Tensor;
  epsilon: Tensor;
}

/**
 * One step of Adam (Kingma & Ba 2015) in TensorFlow's form: variable −= lr·√(1−β₂ᵗ)/(1−β₁ᵗ) · m/(√v + ε).
 * PyTorch adds its ε to the bias-corrected √v̂: give ε·√(1−β₂ᵗ) as epsilon for the same numbers.
 */
export function resourceApplyAdam(
  g: Graph,
  variable: Variable,
  m: Variable,
  v: Variable,
  scalars: AdamScalars,
  gradient: Tensor,
): Operation {
  requireFits(variable, gradient, 'Adam');
  const { beta1Power, beta2Power, learningRate, beta1, beta2, epsilon } = scalars;
  g.op(
    'ResourceApplyAdam',
    [variable.handle, m.handle, v.handle, beta1Power, beta2Power, learningRate, beta1, beta2, epsilon, gradient],
    { T: attr.type(variable.dtype), use_locking: attr.bool(true), use_nesterov: attr.bool(false) },
    [],
    { name: 'applyAdam' },
  );
  return g.lastOperation;
}
