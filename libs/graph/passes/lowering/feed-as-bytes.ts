import { describe, graphError } from '../../core/index.js';
import { decodeRaw, reshape } from '../../ops/index.js';
import type { Rewrite } from '../rewrite-graph.js';

/** Name of the string placeholder that carries the bytes of a numeric one. */
export const bytesPlaceholder = (name: string): string => `${name}/bytes`;

/**
 * Feeds every numeric placeholder as one string of raw bytes that the graph decodes. One copy, no float conversion in
 * TypeScript, no round trip through a GPU, and no buffer of JavaScript's that a variable could keep alive.
 */
export const feedAsBytes: Rewrite = (g, node) => {
  const output = node.outputs[0];
  if (node.type !== 'Placeholder' || !output || output.dtype === 'string') return undefined;
  if (output.shape.filter((size) => size === -1).length > 1)
    throw graphError(`Placeholder "${node.name}" ${describe(output)}: at most one size may be unknown`);
  const bytes = g.placeholder(bytesPlaceholder(node.name), 'string', []);
  return [reshape(g, decodeRaw(g, bytes, output.dtype), output.shape)];
};
