import { attr, graphError, type Graph, type Operation, type Tensor } from '../../core/index.js';
import { cast, identity } from '../../ops/index.js';
import type { LoweredProgram, LoweredSignature, TensorInfo } from '../../program/lowered-program.js';
import { valueType, type Program, type Signature } from '../../program/program.js';
import { rewriteGraph, type RewrittenGraph } from '../rewrite-graph.js';
import { bytesPlaceholder, feedAsBytes } from './feed-as-bytes.js';
import { storeConstants, type StoredConstant } from './stored-constants.js';

/**
 * Lowers a program for an engine process: feeds become bytes, targets become something to fetch, large constants travel
 * beside the graph.
 *
 * @throws INVALID_ARGUMENT when a signature feeds something that is no placeholder or fetches what cannot be read
 */
export function lowerProgram(program: Program): LoweredProgram {
  const stored: StoredConstant[] = [];
  const rewritten = rewriteGraph(program.graph, [feedAsBytes, storeConstants(stored)]);
  const { graph } = rewritten;
  const signatures = mapValues(program.signatures, (signature, name) =>
    graph.withScope('signature', () => lowerSignature(program, name, signature, rewritten)),
  );
  if (stored.length === 0) return { nodes: graph.nodes, signatures };
  const assignments = stored.map(({ assignment }) => assignment);
  const constants = {
    feeds: stored.map(({ tensor, bytes }) => ({ tensor, bytes })),
    done: `${afterAll(graph, assignments).node}:0`,
  };
  return { nodes: graph.nodes, signatures, constants };
}

function lowerSignature(
  program: Program,
  name: string,
  signature: Signature,
  { graph, moved, movedNode }: RewrittenGraph,
): LoweredSignature {
  const inputs = mapValues(signature.inputs, (tensor, input): TensorInfo => {
    if (program.graph.node(tensor.node).type !== 'Placeholder')
      throw graphError(`Input "${input}" of signature "${name}" is no placeholder: ${tensor.node}`);
    const dtype = valueType(tensor);
    return {
      tensor: dtype === 'string' ? `${movedNode(tensor.node)}:0` : `${bytesPlaceholder(tensor.node)}:0`,
      dtype,
      shape: tensor.shape,
    };
  });
  const outputs = mapValues(signature.outputs, (tensor): TensorInfo => {
    const dtype = valueType(tensor);
    const fetched = fetchable(graph, moved(tensor));
    return { tensor: `${fetched.node}:${fetched.output}`, dtype, shape: tensor.shape };
  });
  const targets = (signature.targets ?? []).map(({ node }) => ({ node: movedNode(node) }));
  if (targets.length === 0 && Object.keys(outputs).length === 0)
    throw graphError(`Signature "${name}" has neither outputs nor targets`);
  return { inputs, outputs, ...(targets.length === 0 ? {} : { done: `${afterAll(graph, targets).node}:0` }) };
}

/**
 * What to fetch for a value: the binding reads neither bfloat16 nor uint8, and a session does not fetch what is fed.
 */
function fetchable(g: Graph, tensor: Tensor): Tensor {
  if (tensor.dtype === 'bfloat16') return cast(g, tensor, 'float32');
  if (tensor.dtype === 'uint8') return cast(g, tensor, 'int32');
  return g.node(tensor.node).type === 'Placeholder' ? identity(g, tensor) : tensor;
}

/** A tensor that exists only when all the operations have run, because the session can be asked for tensors only. */
const afterAll = (g: Graph, operations: readonly Operation[]): Tensor =>
  g.op('Identity', [g.constant(0, 'int32')], { T: attr.type('int32') }, [{ dtype: 'int32', shape: [] }], {
    name: 'done',
    controlInputs: operations,
  })[0]!;

const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A, name: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
