import { isDeepStrictEqual } from 'node:util';
import { decodeSafetensors, type NetworkConfig, type NetworkState } from '#libs/nn';
import type { SegmentReference } from '#libs/lineage';
import type { Registry } from '#libs/registry';
import { findChampion } from '../gate/champion.js';
import type { RunState } from '../state/run-state.js';

export interface FittingChampion {
  version: string;
  weights: NetworkState;
  temperature: number;
  /** Where its lineage ends; undefined when that is not known. */
  segment: SegmentReference | undefined;
}

/** The champion with its weights, if it is of this very network, classes and transform. */
export async function fittingChampion(
  registry: Registry,
  { network, state }: { network: NetworkConfig; state: Pick<RunState, 'identity'> },
  transformHash: string,
): Promise<FittingChampion | undefined> {
  const card = (await findChampion(registry, 'champion'))?.card;
  if (!card) return undefined;
  const fits =
    card.architecture === network.architecture &&
    card.head === network.head &&
    card.transformHash === transformHash &&
    isDeepStrictEqual([...card.classes], [...state.identity.classes]);
  if (!fits) return undefined;
  const weights = decodeSafetensors(await registry.loadWeights(card)).state;
  return {
    version: card.version,
    weights,
    temperature: card.calibration?.temperature ?? 1,
    segment: card.lineage.segment,
  };
}
