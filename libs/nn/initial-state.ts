import { createRandom, type Random } from '#libs/random';
import type { Initialisation } from './layers/parameter.js';
import type { NetworkConfig } from './network-config.js';
import { NetworkGraph } from './programs/network-graph.js';
import type { ParameterInfo } from './layers/parameter.js';
import { elementCount, type NetworkState } from './state/network-state.js';

/**
 * The parameters of a network, in the order of its layers.
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built
 */
export function listParameters(config: NetworkConfig): ParameterInfo[] {
  const networkGraph = new NetworkGraph(config);
  networkGraph.forward({ training: false });
  return networkGraph.parameters.all.map(({ info }) => info);
}

/** Number of trainable values, as torchvision counts a network's parameters. */
export const countTrainable = (parameters: readonly ParameterInfo[]): number =>
  parameters.reduce((sum, { trainable, shape }) => sum + (trainable ? elementCount(shape) : 0), 0);

/**
 * Draws a network's first weights as torchvision does (same distributions, not the same numbers). Every parameter has a
 * random stream of its own, so a parameter's values depend on the seed, its name and its shape alone.
 */
export function initialState(config: NetworkConfig, seed: number): NetworkState {
  return new Map(
    listParameters(config).map(({ name, shape, initialisation }) => {
      const data = new Float32Array(elementCount(shape));
      draw(data, initialisation, createRandom(seed, 'initial-weights', name));
      return [name, { shape, data }];
    }),
  );
}

function draw(data: Float32Array, initialisation: Initialisation, random: Random): void {
  switch (initialisation.kind) {
    case 'constant':
      data.fill(initialisation.value);
      break;
    case 'uniform':
      for (let index = 0; index < data.length; index++)
        data[index] = random.uniform(-initialisation.bound, initialisation.bound);
      break;
    case 'normal':
      for (let index = 0; index < data.length; index++)
        data[index] = random.normal() * initialisation.standardDeviation;
      break;
  }
}
