import { SulcusError } from '#libs/errors';
import type { Sharding } from './programs/sharding.js';
import type { NetworkConfig } from './network-config.js';

/**
 * How a network is trained, the optimizer apart. Everything is optional: by default all layers learn from the plain
 * cross-entropy.
 */
export interface TrainingConfig {
  /** Weight of each class in the training loss, in class order; as torch's `CrossEntropyLoss(weight=…)`. */
  readonly classWeights?: readonly number[];
  /** Share of the target spread evenly over all classes, in [0, 1); as torch's `label_smoothing`. */
  readonly labelSmoothing?: number;
  /**
   * Layers that stay as they are, batch norm's statistics included: names of parameters or beginnings of them, such as
   * `layer1`.
   */
  readonly frozenLayers?: readonly string[];
  /** Also build a step in which batch norm uses its running statistics and dropout is off. */
  readonly inferenceModeSteps?: boolean;
  /** `evaluate` takes pixels as fractions of 255, without the network's normalisation. Default false. */
  readonly unnormalizedEvaluation?: boolean;
  /** Dropout drops in `evaluate` too. Default false. */
  readonly dropoutInEvaluation?: boolean;
  /** Determines, with the step's number, what dropout drops. Default 0. */
  readonly seed?: number;
  /** A step's batch in shards, over one device or several. Default: one shard. */
  readonly sharding?: Sharding;
  /** Also keep an exponential moving average of the weights, which keeps this share of itself in a step: in [0, 1). */
  readonly averageDecay?: number;
}

/** @throws INVALID_ARGUMENT naming all mistakes */
export function assertTrainingConfig(
  { classWeights, labelSmoothing = 0, seed = 0, sharding, averageDecay = 0 }: TrainingConfig,
  { classes }: NetworkConfig,
): void {
  const mistakes: string[] = [];
  if (
    classWeights &&
    (classWeights.length !== classes || !classWeights.every((weight) => weight > 0 && Number.isFinite(weight)))
  ) {
    mistakes.push(`classWeights must be ${classes} positive numbers, got [${classWeights.join(', ')}]`);
  }
  if (!(labelSmoothing >= 0 && labelSmoothing < 1))
    mistakes.push(`labelSmoothing must be in [0, 1), got ${labelSmoothing}`);
  if (!(averageDecay >= 0 && averageDecay < 1)) mistakes.push(`averageDecay must be in [0, 1), got ${averageDecay}`);
  if (!Number.isSafeInteger(seed) || seed < 0) mistakes.push(`seed must be a whole number from 0, got ${seed}`);
  if (sharding && !(Number.isSafeInteger(sharding.count) && sharding.count >= 2))
    mistakes.push(`a step has 2 shards or more, got ${sharding.count}`);
  if (mistakes.length > 0)
    throw new SulcusError('INVALID_ARGUMENT', `The training cannot be built: ${mistakes.join('; ')}`, {
      details: { mistakes },
    });
}

/** Whether a layer or parameter is the named one or inside it. */
const within = (name: string, outer: string): boolean => name === outer || name.startsWith(`${outer}.`);

/** Tells of a layer's or parameter's name whether it is frozen. */
export const freezer =
  ({ frozenLayers = [] }: TrainingConfig): ((name: string) => boolean) =>
  (name) =>
    frozenLayers.some((layer) => within(name, layer));

/** @throws INVALID_ARGUMENT when a frozen layer is not in the network, or nothing is left to train */
export function assertFreezable(
  { frozenLayers = [] }: TrainingConfig,
  parameters: readonly { readonly name: string; readonly trainable: boolean }[],
  architecture: string,
): void {
  const mistakes = frozenLayers
    .filter((layer) => !parameters.some(({ name }) => within(name, layer)))
    .map((layer) => `${architecture} has no layer "${layer}" to freeze`);
  const frozen = freezer({ frozenLayers });
  if (parameters.every(({ name, trainable }) => !trainable || frozen(name))) mistakes.push('every layer is frozen');
  if (mistakes.length > 0)
    throw new SulcusError('INVALID_ARGUMENT', `The training cannot be built: ${mistakes.join('; ')}`, {
      details: { mistakes },
    });
}
