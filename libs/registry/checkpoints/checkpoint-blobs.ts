import { blobOwners, type Bus } from '#libs/bus';
import type { BlobRef } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import type { Checkpoint, CheckpointDescription, LoadedCheckpoint } from './checkpoint.js';

/** Where the content of a checkpoint lies. */
export interface StoredCheckpoint {
  /** Owner of the blobs: of one attempt to save, so that it shares them with nobody. */
  owner: string;
  parts: Record<string, BlobRef>;
  /** Exactly one of the two: a large manifest lies in a blob. */
  manifest?: Record<string, unknown>;
  manifestBlob?: BlobRef;
  savedUnixMs: number;
}

/** A manifest up to this size lies in the pointer itself. */
const INLINE_MANIFEST_BYTES = 256 * 1024;

const log = createLogger('checkpoints');

/** The content of checkpoints: tensors and large manifests, as blobs of the broker. */
export class CheckpointBlobs {
  constructor(private readonly bus: Bus) {}

  /** @throws HASH_MISMATCH or NOT_FOUND when something of it is damaged */
  async read(stored: StoredCheckpoint): Promise<LoadedCheckpoint['checkpoint']> {
    const names = Object.keys(stored.parts);
    const contents = await Promise.all(
      Object.values(stored.parts).map((ref) => this.bus.getBlob(ref, { owner: stored.owner })),
    );
    const parts = Object.fromEntries(names.map((name, index) => [name, contents[index]!]));
    return { manifest: await this.#manifest(stored), parts };
  }

  async describe(stored: StoredCheckpoint): Promise<CheckpointDescription> {
    const sizeBytes = Object.values(stored.parts).reduce((sum, part) => sum + part.sizeBytes, 0);
    return { manifest: await this.#manifest(stored), savedUnixMs: stored.savedUnixMs, sizeBytes };
  }

  /** Whether all of it is there; its bytes are not compared. */
  async isWhole({ owner, parts, manifestBlob }: StoredCheckpoint): Promise<boolean> {
    for (const ref of [...Object.values(parts), ...(manifestBlob ? [manifestBlob] : [])])
      if (!(await this.bus.isBlobWhole(ref, { owner }))) return false;
    return true;
  }

  /** @throws NOT_FOUND when something of it is missing */
  async demandWhole(stored: StoredCheckpoint): Promise<void> {
    if (await this.isWhole(stored)) return;
    throw new SulcusError('NOT_FOUND', 'its tensors are not there, or not all of them');
  }

  /**
   * Stores a checkpoint.
   *
   * @param replaced owner of what it makes superfluous: where there is no room, that goes before this comes
   * @throws BACKPRESSURE when there is no room all the same
   */
  async store(owner: string, checkpoint: Checkpoint, replaced: string | undefined): Promise<StoredCheckpoint> {
    try {
      return await this.#put(owner, checkpoint);
    } catch (error) {
      if (SulcusError.from(error).code !== 'BACKPRESSURE' || replaced === undefined) throw error;
      await this.bus.deleteOwnedBlobs(replaced);
      return await this.#put(owner, checkpoint);
    }
  }

  /** Deletes what a broken-off attempt has stored. Never throws: the next save tries again. */
  async drop(owner: string): Promise<void> {
    await this.bus
      .deleteOwnedBlobs(owner)
      .catch((error: unknown) =>
        log.warn({ err: error, owner }, 'A broken-off checkpoint was not deleted; the next save tries again'),
      );
  }

  async deleteAll(run: string): Promise<void> {
    for (const attempt of await this.bus.blobOwners(blobOwners.checkpoint(run)))
      await this.bus.deleteOwnedBlobs(blobOwners.checkpoint(run, attempt));
  }

  /**
   * Deletes what saves before this revision left behind, killed ones included. A save that builds on it may be under
   * way elsewhere: its blobs carry the revision it builds on, and are left alone. Never throws.
   */
  async sweep(run: string, kept: readonly string[], revision: number): Promise<void> {
    try {
      const attempts = await this.bus.blobOwners(blobOwners.checkpoint(run));
      const stale = attempts.filter(
        (attempt) => !kept.includes(blobOwners.checkpoint(run, attempt)) && Number.parseInt(attempt, 10) < revision,
      );
      for (const attempt of stale) await this.bus.deleteOwnedBlobs(blobOwners.checkpoint(run, attempt));
    } catch (error) {
      log.warn({ err: error, run }, 'Old checkpoints were not deleted; the next save tries again');
    }
  }

  async #put(owner: string, { manifest, parts }: Checkpoint): Promise<StoredCheckpoint> {
    const refs: Record<string, BlobRef> = {};
    for (const [name, content] of Object.entries(parts)) refs[name] = await this.bus.putBlob(content, { owner });
    const json = Buffer.from(JSON.stringify(manifest));
    const kept =
      json.length > INLINE_MANIFEST_BYTES ? { manifestBlob: await this.bus.putBlob(json, { owner }) } : { manifest };
    return { owner, parts: refs, ...kept, savedUnixMs: Date.now() };
  }

  async #manifest({ manifest, manifestBlob, owner }: StoredCheckpoint): Promise<Record<string, unknown>> {
    if (manifestBlob === undefined) return manifest ?? {};
    return JSON.parse((await this.bus.getBlob(manifestBlob, { owner })).toString()) as Record<string, unknown>;
  }
}
