/** The gradient cases as programs: what is fed, and the loss, output and gradients that come back. */
import assert from 'node:assert/strict';
import { createRandom } from '#libs/random';
import {
  cast,
  gradients,
  identity,
  mul,
  sum,
  type Signature,
  type Graph,
  type Tensor,
  type TensorValue,
} from '#libs/graph';
import { gradientCases, titleOf, type GradientCase } from './gradient-cases.js';

/** Values evenly spread over a range in random order, at odd multiples of a step: no ties, none near a kink at 0. */
function spread(seed: string, count: number, [low, high]: readonly [number, number]): Float32Array {
  const values = Array.from({ length: count }, (_, index) => low + ((index + 0.5) / count) * (high - low));
  return Float32Array.from(createRandom('gradients', seed).shuffle(values));
}

const elementCount = (shape: readonly number[]): number => shape.reduce((product, size) => product * size, 1);

export interface Prepared {
  gradientCase: GradientCase;
  values: TensorValue[];
  differentiated: number[];
}

export const prepared: readonly Prepared[] = gradientCases.map((gradientCase) => ({
  gradientCase,
  values: gradientCase.inputs.map((shape, index) => ({
    dtype: 'float32',
    shape,
    data: spread(`${titleOf(gradientCase)} ${index}`, elementCount(shape), gradientCase.range ?? [-1.5, 1.5]),
  })),
  differentiated: gradientCase.inputs
    .map((_, index) => index)
    .filter((index) => !gradientCase.constantInputs?.includes(index)),
}));

/** The case's loss: a fixed random weighting of its output, so that every element counts differently. */
function weightedSum(g: Graph, y: Tensor, gradientCase: GradientCase): Tensor {
  const size = y.shape.includes(-1) ? undefined : elementCount(y.shape);
  if (size === undefined) {
    // Along the unknown axis all weigh the same; the others differ.
    const inner = y.shape.slice(1);
    const weights = g.constant(
      spread(`${titleOf(gradientCase)} weights`, elementCount(inner), [-1, 1]),
      'float32',
      inner,
    );
    return sum(g, mul(g, cast(g, y, 'float32'), weights));
  }
  return sum(
    g,
    mul(
      g,
      cast(g, y, 'float32'),
      g.constant(spread(`${titleOf(gradientCase)} weights`, size, [-1, 1]), 'float32', y.shape),
    ),
  );
}

/** What each float32 case built, by title. */
export const built = new Map<string, Tensor>();

/** Adds a case to the graph: feeds "0", "1"… and gives the loss, the case's output `y` and `gradient0`, `gradient1`… */
export function buildCase(
  g: Graph,
  { gradientCase, differentiated }: Prepared,
  precision: 'float32' | 'bfloat16',
): Signature {
  return g.withScope('case', () => {
    const inputs = gradientCase.inputs.map((shape, index) =>
      g.placeholder(
        `input${index}`,
        'float32',
        gradientCase.unknownBatch?.includes(index) ? [-1, ...shape.slice(1)] : shape,
      ),
    );
    const kept = gradientCase.float32Inputs ?? [];
    const stays = (index: number): boolean => precision === 'float32' || kept === 'all' || kept.includes(index);
    const used = inputs.map((input, index) => (stays(index) ? identity(g, input) : cast(g, input, 'bfloat16')));
    const firstOwn = g.nodes.length;
    const y = gradientCase.build(g, used);
    assert.ok(
      g.nodes.slice(firstOwn).some((node) => node.type === gradientCase.op),
      `the case "${titleOf(gradientCase)}" does not use ${gradientCase.op}`,
    );
    if (precision === 'float32') built.set(titleOf(gradientCase), y);
    const loss = weightedSum(g, y, gradientCase);
    const computed = gradients(
      g,
      loss,
      differentiated.map((index) => inputs[index]!),
    );
    return {
      inputs: Object.fromEntries(inputs.map((input, index) => [String(index), input])),
      outputs: {
        loss,
        y,
        ...Object.fromEntries(computed.map((gradient, position) => [`gradient${differentiated[position]}`, gradient])),
      },
    };
  });
}

/** The values as the signature of a case takes them. */
export const feedsOf = (values: readonly TensorValue[]): Record<string, TensorValue> =>
  Object.fromEntries(values.map((value, index) => [String(index), value]));
