/**
 * How a parameter's first values are drawn. Bounds and deviations are torch's defaults of the layer or of the model.
 */
export type Initialisation =
  | { readonly kind: 'constant'; readonly value: number }
  /** Uniform in [-bound, bound]. */
  | { readonly kind: 'uniform'; readonly bound: number }
  /** Normal with mean 0. */
  | { readonly kind: 'normal'; readonly standardDeviation: number };

/**
 * How a parameter lies in the graph. The state outside has torch's layout; signatures convert.
 * - `convolution`: [out, in, height, width] outside, [height, width, in, out] in the graph
 * - `depthwise`: [channels, 1, height, width] outside, [height, width, channels, 1] in the graph
 * - `plain`: the same on both sides
 */
export type ParameterLayout = 'convolution' | 'depthwise' | 'plain';

/** A named value of a network: a weight the optimizer trains or a statistic that training gathers. */
export interface ParameterInfo {
  /** torchvision's state_dict name. */
  readonly name: string;
  /** Shape in torch's layout. */
  readonly shape: readonly number[];
  readonly layout: ParameterLayout;
  /** False for running statistics. */
  readonly trainable: boolean;
  readonly initialisation: Initialisation;
}

/**
 * torch's `kaiming_normal_(mode='fan_out', nonlinearity='relu')` (He et al. 2015, https://arxiv.org/abs/1502.01852).
 */
export const kaimingNormalFanOut = (fanOut: number): Initialisation => ({
  kind: 'normal',
  standardDeviation: Math.sqrt(2 / fanOut),
});

/** torch's `kaiming_normal_()` with its defaults. */
export const kaimingNormalFanIn = (fanIn: number): Initialisation => ({
  kind: 'normal',
  standardDeviation: Math.sqrt(2 / fanIn),
});

/**
 * What torch's `Conv2d` and `Linear` draw weights and biases from unless a model says otherwise:
 * `kaiming_uniform_(a=√5)`.
 */
export const torchDefaultUniform = (fanIn: number): Initialisation => ({
  kind: 'uniform',
  bound: 1 / Math.sqrt(fanIn),
});

/** What Keras's `Dense` draws weights from (Glorot & Bengio 2010, https://proceedings.mlr.press/v9/glorot10a.html). */
export const glorotUniform = (fanIn: number, fanOut: number): Initialisation => ({
  kind: 'uniform',
  bound: Math.sqrt(6 / (fanIn + fanOut)),
});

export const zeros: Initialisation = { kind: 'constant', value: 0 };
export const ones: Initialisation = { kind: 'constant', value: 1 };
