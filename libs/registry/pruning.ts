import { blobOwners, type Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import type { Aliases } from './aliases.js';
import { hasWeights, versionNumber } from './card.js';
import type { Versions } from './versions.js';

/** What is pruned, and what says which versions are needed. */
interface Shelves {
  readonly bus: Bus;
  readonly versions: Versions;
  readonly aliases: Aliases;
}

/** See `Registry.prune`. */
export async function prune({ bus, versions, aliases }: Shelves, keep: number): Promise<string[]> {
  if (!Number.isSafeInteger(keep) || keep < 1)
    throw new SulcusError('INVALID_ARGUMENT', `Expected to keep at least 1 version, not ${keep}`);
  const all = await versions.list();
  const pruned: string[] = [];
  for (const run of new Set(all.map((card) => card.run))) {
    const cards = all
      .filter((card) => card.run === run)
      .sort((a, b) => versionNumber(a.version) - versionNumber(b.version));
    const [full, cardsAlone] = [cards.filter(hasWeights), cards.filter((card) => !hasWeights(card))];
    // The newest of a run is the newest of its kind: it stays, and its number is never given again.
    const old = [...full.slice(0, -keep), ...cardsAlone.slice(0, -keep)];
    for (const card of old) {
      if ((await aliases.inUse()).has(card.version)) continue;
      await versions.delete(card);
      pruned.push(card.version);
    }
    await sweep(bus, versions, run, Math.max(...cards.map(({ step }) => step)));
  }
  return pruned;
}

/** See `Registry.deleteRun`. */
export async function deleteRun(
  { versions, aliases }: Omit<Shelves, 'bus'>,
  run: string,
): Promise<{ deleted: string[]; kept: string[] }> {
  const inUse = await aliases.inUse();
  const [deleted, kept]: [string[], string[]] = [[], []];
  for (const card of (await versions.list()).filter((each) => each.run === run)) {
    if (inUse.has(card.version)) {
      kept.push(card.version);
      continue;
    }
    await versions.delete(card);
    deleted.push(card.version);
  }
  return { deleted, kept };
}

/** Deletes blobs of publications that never became visible; those of the newest step may still become so. */
async function sweep(bus: Bus, versions: Versions, run: string, newestStep: number): Promise<void> {
  const visible = new Set((await versions.list()).filter((card) => card.run === run).map(({ step }) => step));
  for (const step of (await bus.blobOwners(blobOwners.model(run))).map(Number)) {
    if (step < newestStep && !visible.has(step)) await bus.deleteOwnedBlobs(blobOwners.model(run, step));
  }
}
