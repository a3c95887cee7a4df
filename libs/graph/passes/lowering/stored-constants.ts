import type { Operation } from '../../core/index.js';
import { assignVariable, decodeRaw, reshape } from '../../ops/index.js';
import type { Rewrite } from '../rewrite-graph.js';
import { bytesPlaceholder } from './feed-as-bytes.js';

/** A constant that travels beside the graph: what to feed, once, before the first run. */
export interface StoredConstant {
  /** `node:output` of the string placeholder that takes its bytes. */
  readonly tensor: string;
  readonly bytes: Uint8Array;
  readonly assignment: Operation;
}

/** Smaller ones stay in the graph, where optimisers can see their values. */
const MINIMUM_BYTES = 16_384;

/**
 * Keeps large floating-point constants in variables that are assigned once: TensorFlow's graph optimisers copy a graph
 * some twenty times, and with the weights in it the first run takes seconds and several times their memory.
 *
 * @param stored gets what was taken out
 */
export const storeConstants =
  (stored: StoredConstant[]): Rewrite =>
  (g, node) => {
    const value = node.attrs['value'];
    if (
      node.type !== 'Const' ||
      value?.kind !== 'tensor' ||
      !['float32', 'bfloat16'].includes(value.value.dtype) ||
      value.value.bytes.length < MINIMUM_BYTES
    )
      return undefined;
    const { dtype, shape, bytes } = value.value;
    const variable = g.variable(`stored/${node.name}`, shape, dtype);
    const fed = g.placeholder(bytesPlaceholder(variable.name), 'string', []);
    const assignment = assignVariable(g, variable, reshape(g, decodeRaw(g, fed, dtype), shape));
    stored.push({ tensor: `${fed.node}:0`, bytes, assignment });
    return [variable.read()];
  };
