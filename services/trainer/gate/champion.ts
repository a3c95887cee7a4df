import type { Engine } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { canonicalTransformJson } from '#libs/imaging';
import { decodeSafetensors, InferenceSession } from '#libs/nn';
import type { ModelCard, Registry } from '#libs/registry';
import type { OfferedAlias } from '../publishing/promotion.js';
import { modelAtRest, type GateModel } from './gate-model.js';
import { networkOfCard, transformOfCard } from './network-of-card.js';

/** The version that a candidate must be better than. */
export interface Champion {
  card: ModelCard;
  /** It was taken for want of any other, and has never been judged beside one. */
  unproven: boolean;
}

/** What the alias points to, else the champion, if there is one. */
export async function findChampion(registry: Registry, alias: OfferedAlias): Promise<Champion | undefined> {
  const record = (await registry.alias(alias)) ?? (await registry.alias('champion'));
  const card = record && (await registry.get(record.version));
  if (!card) return undefined;
  const { gate } = card.metrics;
  return { card, unproven: gate !== undefined && !gate.comparison && record.previousVersion === undefined };
}

export interface ChampionParts {
  registry: Registry;
  engine: Engine;
}

/** A champion that can answer, until it is closed; or why it cannot. */
export type LoadedChampion =
  | { model: GateModel; close: () => Promise<void>; unusable?: undefined }
  | { unusable: string; model?: undefined };

/**
 * Loads a version to be asked as its own card says: images are prepared by its own transform; normalisation and size
 * are its own.
 *
 * @param runTransformHash how the images of the run are prepared
 * @throws errors that pass by themselves, such as BUS_UNAVAILABLE; a version that is damaged is `unusable`
 */
export async function loadChampion(
  card: ModelCard,
  { registry, engine }: ChampionParts,
  runTransformHash: string,
): Promise<LoadedChampion> {
  try {
    const spec = transformOfCard(card);
    const weights = decodeSafetensors(await registry.loadWeights(card)).state;
    const session = await InferenceSession.create(engine, networkOfCard(card, engine.info), weights);
    const model = modelAtRest(session, {
      name: card.version,
      classes: card.classes,
      input: card.input,
      temperature: card.calibration?.temperature ?? 1,
      ...(card.transformHash !== runTransformHash && {
        transform: { json: canonicalTransformJson(spec), hash: card.transformHash },
      }),
    });
    return { model, close: () => session.close() };
  } catch (error) {
    const { retryable, rawMessage } = SulcusError.from(error);
    if (retryable) throw error;
    return { unusable: `it cannot be loaded: ${rawMessage}` };
  }
}
