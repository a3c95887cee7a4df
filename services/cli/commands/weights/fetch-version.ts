import { SulcusError } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import { withRegistry } from '../../shared/registry-access.js';

/** A published version with its safetensors file. @throws NOT_FOUND; MODEL_INVALID when damaged; BUS_UNAVAILABLE */
export const fetchVersion = (version: string, natsUrl: string): Promise<{ card: ModelCard; weights: Uint8Array }> =>
  withRegistry('weights', natsUrl, async (registry) => {
    const card = await registry.get(version);
    if (!card) throw new SulcusError('NOT_FOUND', `There is no version "${version}"`, { details: { version } });
    return { card, weights: await registry.loadWeights(card) };
  });
