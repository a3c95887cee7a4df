import { Graph, type Tensor } from '#libs/graph';
import { buildHead, type HeadOutput } from '../head.js';
import { normaliseImages } from '../layers/input.js';
import { NetworkBuilder, ParameterStore } from '../layers/network-builder.js';
import { getModel } from '../models/index.js';
import { assertNetworkConfig, type NetworkConfig } from '../network-config.js';

/** A network's output in training or in inference mode, and the builder that knows which statistics it gathers. */
export interface Forward extends HeadOutput {
  /** The last feature map, what the head is put on: [batch, height, width, channels] in the network's precision. */
  readonly features: Tensor;
  readonly network: NetworkBuilder;
}

export interface ForwardOptions {
  /** True: batch norm uses the batch's statistics, dropout drops. */
  readonly training: boolean;
  /** Layers that behave as for prediction in any case. */
  readonly isFrozen?: (layer: string) => boolean;
  /** Whether dropout drops. Default: in training. */
  readonly drops?: boolean;
  /** Whether images are normalised as the configuration says; else they are fractions of 255. Default true. */
  readonly normalized?: boolean;
  /** What is fed in place of {@link NetworkGraph.pixels}, for example the rows of a shard. */
  readonly pixels?: Tensor;
}

/** Leaves fractions of 255 as they are. */
const UNIT: NetworkConfig['normalize'] = { mean: [0], std: [1] };

/** A graph with the network's input, in which the network in training and in inference mode shares its parameters. */
export class NetworkGraph {
  readonly graph = new Graph();
  readonly parameters = new ParameterStore(this.graph);
  /** What is fed: uint8 [n, height, width, channels]. */
  readonly pixels: Tensor;
  readonly #images: Tensor;

  /** @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT for a configuration that cannot be built */
  constructor(readonly config: NetworkConfig) {
    assertNetworkConfig(config);
    const { height, width, channels } = config.input;
    this.pixels = this.graph.placeholder('pixels', 'uint8', [-1, height, width, channels]);
    this.#images = normaliseImages(this.graph, this.pixels, config);
  }

  /** Emits the network in one of its modes. */
  forward({ pixels, normalized = true, ...options }: ForwardOptions): Forward {
    const { architecture, classes, dropout, head = 'classifier' } = this.config;
    const network = new NetworkBuilder(this.parameters, { ...options, dropout });
    const model = getModel(architecture);
    const config = normalized ? this.config : { ...this.config, normalize: UNIT };
    const images = pixels || !normalized ? normaliseImages(this.graph, pixels ?? this.pixels, config) : this.#images;
    const features = model.features(network, images);
    return { network, features, ...buildHead(network, model, features, head, classes) };
  }
}
