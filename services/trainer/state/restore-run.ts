import { SulcusError, type ErrorCode } from '#libs/errors';
import { decodeSafetensors } from '#libs/nn';
import { hasWeights, type ModelCard, type Registry } from '#libs/registry';
import type { CheckpointManifest, Checkpoints, RestoredCheckpoint } from './checkpoints.js';

/** What a run goes on from, and what operators must know of it. */
export interface RestoredRun {
  /** Absent: it begins anew. */
  checkpoint?: RestoredCheckpoint;
  /** Why it is not the newest state that was stored; absent when it is. */
  loss?: string;
}

/** What reading a damaged checkpoint fails with. */
export const DAMAGE: ReadonlySet<ErrorCode> = new Set(['HASH_MISMATCH', 'NOT_FOUND', 'MESSAGE_INVALID']);

/**
 * The newest state of a run that can be read: its newest checkpoint, the one before it, the newest version whose
 * weights can be read, or none.
 *
 * @param freshManifest what the manifest of a run without any progress would be, with the classes given
 * @throws as Checkpoints.restore for what is no damage
 */
export async function restoreRun(
  { checkpoints, registry }: { checkpoints: Checkpoints; registry: Registry },
  run: string,
  freshManifest: (classes: readonly string[]) => CheckpointManifest,
): Promise<RestoredRun> {
  try {
    const checkpoint = await checkpoints.restore();
    if (!checkpoint?.damage) return checkpoint ? { checkpoint } : {};
    const { step } = checkpoint.manifest.progress;
    const damage = `the newest checkpoint is damaged (${checkpoint.damage.message})`;
    const loss = `${damage}: going on from the one before, step ${step}`;
    return { checkpoint, loss };
  } catch (error) {
    const damage = SulcusError.from(error);
    if (!DAMAGE.has(damage.code)) throw error;
    return await fromVersion(registry, run, damage, freshManifest);
  }
}

async function fromVersion(
  registry: Registry,
  run: string,
  damage: SulcusError,
  freshManifest: (classes: readonly string[]) => CheckpointManifest,
): Promise<RestoredRun> {
  const cards = (await registry.list()).filter((card) => card.run === run && hasWeights(card)).reverse();
  for (const card of cards) {
    const tensors = await readVersion(registry, card);
    if (!tensors) continue;
    const manifest = freshManifest(card.classes);
    const progress = { ...manifest.progress, step: card.step, samples: card.samplesSeen };
    return {
      checkpoint: {
        ...tensors,
        manifest: {
          ...manifest,
          progress,
          parentVersion: card.version,
          ...(card.batchSize && { batchSize: card.batchSize }),
        },
      },
      loss:
        `no checkpoint can be read (${damage.message}): going on from the weights of ${card.version}` +
        `${tensors.optimizer ? '' : ', its optimizer afresh'}; what was learned since is learned again`,
    };
  }
  return { loss: `no checkpoint can be read (${damage.message}) and no version has weights: beginning anew` };
}

/** Undefined for one that is damaged too. */
async function readVersion(
  registry: Registry,
  card: ModelCard,
): Promise<Pick<RestoredCheckpoint, 'weights' | 'optimizer'> | undefined> {
  try {
    const [weights, optimizer] = [await registry.loadWeights(card), await registry.loadOptimizer(card)];
    return {
      weights: decodeSafetensors(weights).state,
      ...(optimizer && { optimizer: decodeSafetensors(optimizer).state }),
    };
  } catch (error) {
    if (SulcusError.from(error).code !== 'MODEL_INVALID') throw error;
    return undefined;
  }
}
