import { cast, mul, sub, type Graph, type Tensor } from '#libs/graph';
import { STEM_CHANNELS, type NetworkConfig } from '../network-config.js';

const perChannel = (values: readonly number[]): readonly number[] =>
  values.length === 1 ? Array.from({ length: STEM_CHANNELS }, () => values[0]!) : values;

/**
 * (pixels / 255 − mean) / std; a grey image gets equal channels before the normalisation, by broadcasting.
 * Input: uint8 [batch, height, width, 1 or 3]. Output: [batch, height, width, 3] in the network's precision.
 */
export function normaliseImages(graph: Graph, pixels: Tensor, { normalize, precision }: NetworkConfig): Tensor {
  const mean = perChannel(normalize.mean);
  const std = perChannel(normalize.std);
  const scale = graph.constant(std.map((deviation) => 1 / (255 * deviation)));
  const shift = graph.constant(mean.map((value, channel) => value / std[channel]!));
  return cast(graph, sub(graph, mul(graph, cast(graph, pixels, 'float32'), scale), shift), precision);
}
