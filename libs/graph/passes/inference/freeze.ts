import { graphError, type Graph, type Tensor } from '../../core/index.js';
import { constantInts } from '../../gradients/support.js';
import type { Rewrite } from '../rewrite-graph.js';
import type { Program } from '../../program/program.js';
import { rewriteProgram } from '../rewrite-program.js';
import { transposeFloats } from './constants.js';

/** float32 values by the names of a signature's inputs. */
export type FrozenValues = ReadonlyMap<string, { readonly shape: readonly number[]; readonly data: Float32Array }>;

interface Floats {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/**
 * A program whose variables are constants with the values that one of its signatures would assign to them. That
 * signature is gone; the others must only read variables.
 *
 * @param writer signature whose targets are assignments of its inputs, transposed or as they are
 * @throws INVALID_ARGUMENT when a value is missing, an assignment is computed in another way, or a variable is not
 * assigned
 */
export function freezeVariables(program: Program, writer: string, values: FrozenValues): Program {
  const { [writer]: assignments, ...signatures } = program.signatures;
  if (!assignments) throw graphError(`The program has no signature "${writer}"`);
  const { graph } = program;
  const names = new Map(Object.entries(assignments.inputs).map(([name, { node }]) => [node, name]));
  const assigned = new Map<string, Floats>();
  for (const target of assignments.targets ?? []) {
    const node = graph.node(target.node);
    if (node.type !== 'AssignVariableOp') throw graphError(`Target "${node.name}" of "${writer}" is no assignment`);
    assigned.set(node.inputs[0]!.node, evaluate(graph, node.inputs[1]!, names, values));
  }
  const readConstant: Rewrite = (g, node) => {
    if (node.type !== 'ReadVariableOp') return undefined;
    const value = assigned.get(node.inputs[0]!.node);
    if (!value) throw graphError(`"${writer}" does not assign the variable "${node.inputs[0]!.node}"`);
    return [g.constant(value.data, 'float32', value.shape)];
  };
  return rewriteProgram({ graph, signatures }, [readConstant]);
}

function evaluate(graph: Graph, tensor: Tensor, names: ReadonlyMap<string, string>, values: FrozenValues): Floats {
  const node = graph.node(tensor.node);
  if (node.type === 'Transpose') {
    const { shape, data } = evaluate(graph, node.inputs[0]!, names, values);
    const permutation = constantInts(graph, node.inputs[1]!);
    return { shape: permutation.map((axis) => shape[axis]!), data: transposeFloats(data, shape, permutation) };
  }
  const name = names.get(node.name);
  if (name === undefined) throw graphError(`"${node.name}" (${node.type}) cannot be made a constant`);
  const value = values.get(name);
  if (value?.shape.join() !== tensor.shape.join()) {
    const got = value ? `[${value.shape.join(',')}]` : 'nothing';
    throw graphError(`The value "${name}" must be float32[${tensor.shape.join(',')}], got ${got}`);
  }
  return value;
}
