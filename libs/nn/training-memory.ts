import type { DType, Graph } from '#libs/graph';
import type { NetworkConfig } from './network-config.js';
import { createOptimizer, type OptimizerConfig } from './optimizers/index.js';
import { NetworkGraph } from './programs/network-graph.js';
import { elementCount } from './state/network-state.js';

/** What a training step holds in memory, bytes. */
export interface TrainingMemory {
  /** Whatever the batch: weights, their gradients, the optimizer's slots, the moving average. */
  readonly fixedBytes: number;
  /** For each image of a step. */
  readonly bytesPerImage: number;
}

/** Weights, gradients, and a moving average, beside the optimizer's slots. */
const COPIES_OF_WEIGHTS = 3;

/**
 * Activations wait for the backward pass, each with a gradient while its turn lasts. Convolutions and their gradients
 * need room to work in besides, which no graph says.
 */
const ACTIVATIONS_HELD = 2;

const BYTES: Readonly<Partial<Record<DType, number>>> = { bool: 1, uint8: 1, bfloat16: 2, int64: 8 };
const bytesOf = (dtype: DType): number => BYTES[dtype] ?? 4;

/**
 * Estimates the memory of training from the network's graph: more than what is held at once, for the engine frees and
 * fuses, which an estimate does not count on.
 *
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built
 */
export function estimateTrainingMemory(config: NetworkConfig, optimizer: OptimizerConfig): TrainingMemory {
  const network = new NetworkGraph(config);
  network.forward({ training: true });
  const values = network.parameters.all.reduce((sum, { info }) => sum + elementCount(info.shape), 0);
  const copies = COPIES_OF_WEIGHTS + createOptimizer(optimizer).slots.length;
  return { fixedBytes: copies * 4 * values, bytesPerImage: ACTIVATIONS_HELD * activationBytes(network.graph) };
}

/** Of all values that have one entry per image: their first axis has no fixed length. */
const activationBytes = (graph: Graph): number =>
  graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter(({ shape }) => shape[0] === -1)
    .reduce((sum, { dtype, shape }) => sum + bytesOf(dtype) * elementCount(shape.slice(1)), 0);
