import type { EngineInfo } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { transformHash, validateTransform, type TransformSpec } from '#libs/imaging';
import { resolvePrecision, type Head, type NetworkConfig } from '#libs/nn';
import type { ModelCard } from '#libs/registry';

const PRECISIONS = ['auto', 'float32', 'bfloat16'] as const;

/** The network of a version on an engine, with the precision that its recipe names. */
export function networkOfCard(card: ModelCard, engine: EngineInfo): NetworkConfig {
  const { architecture, classes, input, head, recipe } = card;
  const { height, width, channels, normalize } = input;
  return {
    architecture,
    classes: classes.length,
    input: { height, width, channels: channels === 1 ? 1 : 3 },
    normalize,
    precision: resolvePrecision(
      PRECISIONS.find((name) => name === recipe['precision']) ?? 'auto',
      engine,
      architecture,
    ),
    head: head as Head | undefined,
  };
}

/**
 * How the images of a version are prepared.
 *
 * @throws MODEL_INVALID when the card contradicts itself; INVALID_ARGUMENT when it holds no transform
 */
export function transformOfCard({ version, input, transform, transformHash: hash }: ModelCard): TransformSpec {
  const spec = validateTransform(transform);
  if (transformHash(spec) !== hash)
    throw new SulcusError(
      'MODEL_INVALID',
      `The transform in the card of ${version} is not the one it was trained with`,
    );
  if (spec.outputHeight !== input.height || spec.outputWidth !== input.width || spec.channels !== input.channels)
    throw new SulcusError('MODEL_INVALID', `The transform in the card of ${version} does not make what it takes`);
  return spec;
}
