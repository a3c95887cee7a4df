import { SulcusError } from '#libs/errors';
import { transformHash, validateTransform, type TransformSpec } from '#libs/imaging';
import { assertNetworkConfig, type Head, type NetworkConfig } from '#libs/nn';
import { hasWeights, type ModelCard } from '#libs/registry';

/** A model card that was found fit to serve, in the terms serving needs. */
export interface ServableCard {
  card: ModelCard;
  network: Omit<NetworkConfig, 'precision'>;
  transform: TransformSpec;
}

/**
 * Checks that a card is complete and agrees with itself: serving builds its preprocessing and its network from the card
 * alone, so a card that contradicts itself would give wrong answers without any error.
 *
 * @throws MODEL_INVALID naming everything that is wrong
 */
export function checkCard(card: ModelCard): ServableCard {
  const mistakes: string[] = [];
  const { height, width, channels, normalize } = card.input;
  const network = {
    architecture: card.architecture,
    classes: card.classes.length,
    input: { height, width, channels: channels as 1 | 3 },
    normalize: { mean: [...normalize.mean], std: [...normalize.std] },
    ...(card.head === undefined ? {} : { head: card.head as Head }),
  };
  collect(mistakes, () => assertNetworkConfig({ ...network, precision: 'float32' }));
  if (card.classes.includes('')) mistakes.push('a class has no name');
  if (new Set(card.classes).size !== card.classes.length) mistakes.push('a class name occurs twice');
  if (!hasWeights(card)) mistakes.push('it was declined and keeps its card without its weights');
  else if (card.weights.sha256 !== card.weightsHash) mistakes.push('the weights reference and the weights hash differ');

  const transform = collect(mistakes, () => validateTransform(card.transform));
  if (transform) mistakes.push(...contradictions(card, transform));
  if (mistakes.length > 0 || !transform) {
    throw new SulcusError('MODEL_INVALID', `The card of ${card.version} cannot be served: ${mistakes.join('; ')}`, {
      details: { version: card.version, mistakes },
    });
  }
  return { card, transform, network };
}

/** Runs a check and keeps what it complains of. */
function collect<T>(mistakes: string[], check: () => T): T | undefined {
  try {
    return check();
  } catch (error) {
    mistakes.push(SulcusError.from(error).rawMessage);
    return undefined;
  }
}

function contradictions(card: ModelCard, transform: TransformSpec): string[] {
  const mistakes: string[] = [];
  const { height, width, channels, normalize } = card.input;
  if (transformHash(transform) !== card.transformHash) mistakes.push('the transform is not the one its hash names');
  if (transform.outputHeight !== height || transform.outputWidth !== width || transform.channels !== channels) {
    mistakes.push(
      `the transform makes ${transform.outputHeight}×${transform.outputWidth}×${transform.channels} ` +
        `and the network takes ${height}×${width}×${channels}`,
    );
  }
  if (!sameNumbers(transform.normalize.mean, normalize.mean) || !sameNumbers(transform.normalize.std, normalize.std)) {
    mistakes.push("the transform's normalisation is not the network's");
  }
  return mistakes;
}

function sameNumbers(left: readonly number[], right: readonly number[]): boolean {
  return left.length === right.length && left.every((value, index) => value === right[index]);
}
