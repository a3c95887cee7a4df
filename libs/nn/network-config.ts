import { SulcusError } from '#libs/errors';
import { HEADS, IMAGENET_CLASSES, type Head } from './head.js';
import { getModel } from './models/index.js';

/** Number format of the convolutional part. Weights, statistics, head, loss and optimizer are float32 either way. */
export type Precision = 'float32' | 'bfloat16';

/** What determines a network's graph and its parameters' shapes. */
export interface NetworkConfig {
  /** Name in the model registry, for example `resnet50`. */
  readonly architecture: string;
  /** Number of classes, at least 2. */
  readonly classes: number;
  /**
   * Images as they are fed: uint8 [batch, height, width, channels]. Grey ones are replicated to the stem's channels in
   * the graph.
   */
  readonly input: { readonly height: number; readonly width: number; readonly channels: 1 | 3 };
  /** (value / 255 - mean) / std, the graph's first op. One number for all channels, or one per channel of the stem. */
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] };
  readonly precision: Precision;
  /** What follows the features. Default: the network's own classifier. */
  readonly head?: Head | undefined;
  /** Share of values the classifier drops in training, in [0, 1), where it drops any. Default: the network's own. */
  readonly dropout?: number | undefined;
}

/** Channels every registered network's first layer takes. */
export const STEM_CHANNELS = 3;

/**
 * Checks a network's configuration.
 * @throws NOT_FOUND for an unknown architecture, INVALID_ARGUMENT naming all other mistakes
 */
export function assertNetworkConfig(config: NetworkConfig): void {
  const model = getModel(config.architecture);
  const { height, width, channels } = config.input;
  const mistakes: string[] = [];
  if (!Number.isInteger(config.classes) || config.classes < 2)
    mistakes.push(`classes must be a whole number from 2, got ${config.classes}`);
  for (const [side, size] of Object.entries({ height, width })) {
    if (!Number.isInteger(size) || size < model.minimumInputPx)
      mistakes.push(`input ${side} must be a whole number from ${model.minimumInputPx} for ${model.name}, got ${size}`);
  }
  if (![1, STEM_CHANNELS].includes(channels))
    mistakes.push(`input channels must be 1 or ${STEM_CHANNELS}, got ${String(channels)}`);
  for (const [name, values] of Object.entries(config.normalize)) {
    if (![1, STEM_CHANNELS].includes(values.length) || !values.every(Number.isFinite))
      mistakes.push(`normalize.${name} must be 1 or ${STEM_CHANNELS} numbers, got [${values.join(', ')}]`);
  }
  if (config.normalize.std.some((value) => !(value > 0)))
    mistakes.push(`normalize.std must be positive, got [${config.normalize.std.join(', ')}]`);
  if (!['float32', 'bfloat16'].includes(config.precision))
    mistakes.push(`precision must be float32 or bfloat16, got ${config.precision}`);
  if (config.head !== undefined && !HEADS.includes(config.head))
    mistakes.push(`head must be one of ${HEADS.join(', ')}, got ${String(config.head)}`);
  if (config.head === 'classifier-1000-way' && config.classes > IMAGENET_CLASSES)
    mistakes.push(`head classifier-1000-way has no room for ${config.classes} classes`);
  if (config.dropout !== undefined && !(config.dropout >= 0 && config.dropout < 1))
    mistakes.push(`dropout must be in [0, 1), got ${config.dropout}`);
  if (mistakes.length > 0)
    throw new SulcusError('INVALID_ARGUMENT', `The network cannot be built: ${mistakes.join('; ')}`, {
      details: { mistakes },
    });
}
