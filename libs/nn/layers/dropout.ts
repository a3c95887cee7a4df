import { add, dropout as emitDropout, type Tensor } from '#libs/graph';
import type { NetworkBuilder } from './network-builder.js';

/** FNV-1a of a name as a signed 32-bit number: layers of one step must not drop at the same places. */
function layerNumber(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}

/**
 * Dropout (Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html): in training each value is 0 with
 * probability `rate`, the others are scaled by 1 / (1 − rate); in prediction nothing happens. What is dropped depends
 * on the fed seed and the layer's name alone.
 */
export function dropout(network: NetworkBuilder, name: string, x: Tensor, rate: number): Tensor {
  const share = network.dropoutRate(rate);
  if (!network.drops || share === 0) return x;
  const { graph } = network;
  return emitDropout(
    graph,
    x,
    share,
    add(graph, network.dropoutSeed(), graph.constant([layerNumber(name), 0], 'int32')),
  );
}
