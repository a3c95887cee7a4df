import {
  assignVariable,
  attr,
  transpose,
  type Signature,
  type Graph,
  type Operation,
  type Shape,
  type Tensor,
  type Variable,
} from '#libs/graph';
import { graphShape } from '../layers/network-builder.js';
import type { ParameterInfo, ParameterLayout } from '../layers/parameter.js';

/** A variable together with the layout that the state outside has. */
export interface StateVariable {
  readonly name: string;
  /** Shape in torch's layout. */
  readonly shape: Shape;
  readonly layout: ParameterLayout;
  readonly variable: Variable;
}

export const slotVariable = (graph: Graph, info: ParameterInfo, slot: string): StateVariable => {
  const name = `${info.name}.${slot}`;
  return { name, shape: info.shape, layout: info.layout, variable: graph.variable(name, graphShape(info)) };
};

/** Axes of the graph's layout in torch's, and of torch's in the graph's. */
const AXES: Readonly<
  Record<
    Exclude<ParameterLayout, 'plain'>,
    { readonly fromTorch: readonly number[]; readonly toTorch: readonly number[] }
  >
> = {
  convolution: { fromTorch: [2, 3, 1, 0], toTorch: [3, 2, 0, 1] },
  depthwise: { fromTorch: [2, 3, 0, 1], toTorch: [2, 3, 0, 1] },
};

const permuted = (graph: Graph, value: Tensor, layout: ParameterLayout, direction: 'fromTorch' | 'toTorch'): Tensor =>
  layout === 'plain' ? value : transpose(graph, value, AXES[layout][direction]);

/** Signature that fetches every variable, in torch's layout, under its name. */
export function readSignature(graph: Graph, variables: readonly StateVariable[]): Signature {
  return graph.withScope('read', () => ({
    inputs: {},
    outputs: Object.fromEntries(
      variables.map(({ name, layout, variable }) => [name, permuted(graph, variable.read(), layout, 'toTorch')]),
    ),
  }));
}

/** Signature that is fed every variable, in torch's layout, under its name. */
export function writeSignature(graph: Graph, variables: readonly StateVariable[]): Signature {
  return graph.withScope('write', () => {
    const inputs: Record<string, Tensor> = {};
    const targets: Operation[] = variables.map(({ name, shape, layout, variable }) => {
      const value = graph.placeholder(name, 'float32', shape);
      inputs[name] = value;
      return assignVariable(graph, variable, permuted(graph, value, layout, 'fromTorch'));
    });
    return { inputs, outputs: {}, targets };
  });
}

/**
 * Signature that sets all values of every variable to the number `value` it is fed: arrays of a number known before
 * would become constants, which TensorFlow keeps as long as the graph.
 */
export function fillSignature(graph: Graph, variables: readonly StateVariable[]): Signature {
  return graph.withScope('fill', () => {
    const value = graph.placeholder('value', 'float32', []);
    const filled = (shape: Shape): Tensor =>
      graph.op(
        'Fill',
        [graph.constant([...shape], 'int32'), value],
        { T: attr.type('float32'), index_type: attr.type('int32') },
        [{ dtype: 'float32', shape }],
      )[0]!;
    return {
      inputs: { value },
      outputs: {},
      targets: variables.map(({ variable }) => assignVariable(graph, variable, filled(variable.shape))),
    };
  });
}
