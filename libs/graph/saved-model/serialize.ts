import { graphError } from '../core/index.js';
import { fuseConvolutions } from '../passes/inference/fuse-convolutions.js';
import {
  afterAll,
  bytesPlaceholder,
  feedAsBytes,
  fetchable,
  rewriteGraph,
  type RewrittenGraph,
} from '../passes/lowering.js';
import {
  valueType,
  type EntryPoint,
  type LoweredProgram,
  type Port,
  type Program,
  type SerializedEntryPoint,
  type SerializedProgram,
} from '../program/program.js';
import { updateEarly } from '../passes/training/early-updates.js';
import { useOwnNorms } from '../passes/training/own-norms.js';
import { rematerialise } from '../passes/training/rematerialise.js';
import { storeConstants, type StoredConstant } from '../passes/stored-constants.js';
import { useOwnConvolutions } from '../passes/own-convolutions.js';
import { encodeSavedModel } from './wire.js';

export interface SerializeOptions {
  /** The program will run on a CPU whose TensorFlow uses oneDNN: take forms that only it has. Default false. */
  oneDnn?: boolean;
  /** Element types in which the device has our own kernels for convolutions. Default none. */
  convolutions?: readonly string[];
  /** The same for batch norms of training. Default none. */
  norms?: readonly string[];
}

/**
 * Turns a program into bytes for a TensorFlow session. The program itself stays as portable as it is.
 *
 * @throws INVALID_ARGUMENT when an entry point feeds something that is no placeholder or fetches what cannot be read
 */
export function serializeProgram(
  portable: Program,
  { oneDnn = false, convolutions = [], norms = [] }: SerializeOptions = {},
): SerializedProgram {
  const forOneDnn = oneDnn ? rematerialise(updateEarly(fuseConvolutions(portable))) : portable;
  const { nodes, ...rest } = lowerProgram(useOwnConvolutions(useOwnNorms(forOneDnn, norms), convolutions));
  return { savedModel: encodeSavedModel(nodes), ...rest };
}

/** Rewrites a program for an engine process: feeds become bytes, targets become something to fetch. */
export function lowerProgram(program: Program): LoweredProgram {
  const stored: StoredConstant[] = [];
  const rewritten = rewriteGraph(program.graph, [feedAsBytes, storeConstants(stored)]);
  const entryPoints = mapValues(program.entryPoints, (entry, name) =>
    rewritten.graph.withScope('entry', () => serializeEntryPoint(program, name, entry, rewritten)),
  );
  const constants =
    stored.length === 0
      ? undefined
      : {
          feeds: stored.map(({ tensor, bytes }) => ({ tensor, bytes })),
          done: `${
            afterAll(
              rewritten.graph,
              stored.map(({ assignment }) => assignment),
            ).node
          }:0`,
        };
  return { nodes: rewritten.graph.nodes, entryPoints, ...(constants && { constants }) };
}

function serializeEntryPoint(
  program: Program,
  entryName: string,
  entry: EntryPoint,
  { graph, moved, movedNode }: RewrittenGraph,
): SerializedEntryPoint {
  const inputs = mapValues(entry.inputs, (tensor, name): Port => {
    if (program.graph.node(tensor.node).type !== 'Placeholder')
      throw graphError(`Input "${name}" of entry point "${entryName}" is no placeholder: ${tensor.node}`);
    const dtype = valueType(tensor);
    return {
      tensor: dtype === 'string' ? `${movedNode(tensor.node)}:0` : `${bytesPlaceholder(tensor.node)}:0`,
      dtype,
      shape: tensor.shape,
    };
  });
  const outputs = mapValues(entry.outputs, (tensor): Port => {
    const dtype = valueType(tensor);
    const fetched = fetchable(graph, moved(tensor));
    return { tensor: `${fetched.node}:${fetched.output}`, dtype, shape: tensor.shape };
  });
  const targets = (entry.targets ?? []).map(({ node }) => ({ node: movedNode(node) }));
  if (targets.length === 0 && Object.keys(outputs).length === 0)
    throw graphError(`Entry point "${entryName}" has neither outputs nor targets`);
  return { inputs, outputs, ...(targets.length === 0 ? {} : { done: `${afterAll(graph, targets).node}:0` }) };
}

const mapValues = <A, B>(record: Readonly<Record<string, A>>, map: (value: A, name: string) => B): Record<string, B> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
