import type { Graph, Tensor, Variable } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { ParameterInfo } from './parameter.js';

/** A parameter with the variable that holds it in the graph. */
export interface Parameter {
  readonly info: ParameterInfo;
  readonly variable: Variable;
}

/** A running statistic and its value after this step. */
export interface StatisticUpdate {
  readonly variable: Variable;
  readonly value: Tensor;
}

/**
 * Shape of a parameter inside the graph: TensorFlow convolves with [height, width, in, out], each channel with [height,
 * width, channels, 1].
 */
export function graphShape(info: ParameterInfo): number[] {
  if (info.layout === 'plain') return [...info.shape];
  const [first, second, height, width] = info.shape as [number, number, number, number];
  return info.layout === 'convolution' ? [height, width, second, first] : [height, width, first, second];
}

/** The parameters of one graph: declared by the layers, shared by a network's training and inference mode. */
export class ParameterStore {
  readonly #parameters = new Map<string, Parameter>();

  constructor(readonly graph: Graph) {}

  /** Every parameter, in the order of the layers. */
  get all(): readonly Parameter[] {
    return [...this.#parameters.values()];
  }

  /**
   * The variable of a parameter, created at the first call.
   * @throws INVALID_ARGUMENT when two layers claim one name with different shapes
   */
  declare(info: ParameterInfo): Variable {
    const known = this.#parameters.get(info.name);
    if (known) {
      if (known.info.shape.join() !== info.shape.join())
        throw new SulcusError('INVALID_ARGUMENT', `Two layers declare a parameter "${info.name}"`);
      return known.variable;
    }
    const variable = this.graph.variable(info.name, graphShape(info));
    this.#parameters.set(info.name, { info, variable });
    return variable;
  }
}

/** The use a network is built for. */
export interface BuilderOptions {
  /** True: batch norm uses the batch's statistics and gathers running ones, dropout drops. False: as for prediction. */
  readonly training: boolean;
  /** Whether dropout drops. Default: in training. */
  readonly drops?: boolean;
  /** Share of values that dropout layers drop, in [0, 1), instead of the model's own. */
  readonly dropout?: number | undefined;
  /** Tells by a layer's name whether it must stay as it is, batch norm's statistics included. Default: none. */
  readonly isFrozen?: (layer: string) => boolean;
}

/** What layers need to emit themselves: where to, whose parameters, and for which use. */
export class NetworkBuilder {
  readonly #statisticUpdates: StatisticUpdate[] = [];
  readonly #names = new Set<string>();
  #dropoutSeed: Tensor | undefined;

  constructor(
    readonly parameters: ParameterStore,
    private readonly options: BuilderOptions,
  ) {}

  get graph(): Graph {
    return this.parameters.graph;
  }

  /** True for training mode. */
  get training(): boolean {
    return this.options.training;
  }

  /** Whether dropout drops. */
  get drops(): boolean {
    return this.options.drops ?? this.options.training;
  }

  /** Whether a layer is trained: its batch norm then uses the batch's statistics. */
  trains(layer: string): boolean {
    return this.options.training && !this.options.isFrozen?.(layer);
  }

  /** The share of values to drop, given the model's own. */
  dropoutRate(rate: number): number {
    return this.options.dropout ?? rate;
  }

  /** Placeholder int32 [2] of this step's randomness, made when the first layer asks for it. */
  dropoutSeed(): Tensor {
    this.#dropoutSeed ??= this.graph.placeholder('dropoutSeed', 'int32', [2]);
    return this.#dropoutSeed;
  }

  /** The placeholder of {@link dropoutSeed} if any layer needs it. */
  get randomFeeds(): Readonly<Record<string, Tensor>> {
    return this.#dropoutSeed ? { dropoutSeed: this.#dropoutSeed } : {};
  }

  /** Statistics to assign when a training step has succeeded. */
  get statisticUpdates(): readonly StatisticUpdate[] {
    return this.#statisticUpdates;
  }

  /**
   * The value of a parameter, float32, in the graph's layout.
   * @throws INVALID_ARGUMENT when another layer of this network has the name
   */
  parameter(info: ParameterInfo): Tensor {
    if (this.#names.has(info.name))
      throw new SulcusError('INVALID_ARGUMENT', `Two layers declare a parameter "${info.name}"`);
    this.#names.add(info.name);
    return this.parameters.declare(info).read();
  }

  /** Registers the new value of a statistic declared with {@link parameter}. */
  updateStatistic(info: ParameterInfo, value: Tensor): void {
    this.#statisticUpdates.push({ variable: this.parameters.declare(info), value });
  }
}
