import type { Tensor } from '#libs/graph';
import { SulcusError } from '#libs/errors';
import type { NetworkBuilder } from '../layers/network-builder.js';

/** A network of the zoo: everything needed to build it, and what people ask about it. */
export interface ModelDefinition {
  /** Name in recipes and model cards; torchvision's where it has the network. */
  readonly name: string;
  /** Networks of one family share a builder. */
  readonly family: string;
  /** Where the network comes from: a paper, or the document that defines it. */
  readonly reference: string;
  /** Smallest legal height and width. */
  readonly minimumInputPx: number;
  /** Height and width the network was designed for. */
  readonly defaultInputPx: number;
  /** Whether processors train it faster in float32 even if they compute in bfloat16. Default false. */
  readonly fasterInFloat32?: boolean;
  /**
   * Emits all layers before the classifier.
   * Input: normalised images [batch, height, width, 3]. Output: [batch, height', width', channels] in the images' type.
   */
  features(network: NetworkBuilder, images: Tensor): Tensor;
  /**
   * Emits the network's own classifier.
   * Input: what {@link features} gives. Output: logits, float32 [batch, classes].
   */
  classifier(network: NetworkBuilder, features: Tensor, classes: number): Tensor;
}

const models = new Map<string, ModelDefinition>();

/**
 * Adds a network to the zoo.
 * @throws ALREADY_EXISTS when the name is taken
 */
export function registerModel(model: ModelDefinition): void {
  if (models.has(model.name))
    throw new SulcusError('ALREADY_EXISTS', `A model named "${model.name}" is registered already`, {
      details: { model: model.name },
    });
  models.set(model.name, model);
}

/** @throws NOT_FOUND listing the names there are */
export function getModel(name: string): ModelDefinition {
  const model = models.get(name);
  if (!model)
    throw new SulcusError('NOT_FOUND', `There is no model "${name}"; known: ${listModels().join(', ')}`, {
      details: { model: name },
    });
  return model;
}

/** The names of all networks, sorted. */
export const listModels = (): string[] => [...models.keys()].sort();
