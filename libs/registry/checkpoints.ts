import { randomBytes } from 'node:crypto';
import { retryWithBackoff } from '#libs/async';
import { blobOwners, type Bus, type KeyValue } from '#libs/bus';
import type { BlobRef } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';

/** Everything a trainer needs to go on where it stopped. */
export interface Checkpoint {
  /** Small facts: step, epoch, seeds, names. JSON. */
  manifest: Record<string, unknown>;
  /** Large ones: weights, optimizer state, ledger. */
  parts: Record<string, Uint8Array>;
}

export interface LoadedCheckpoint {
  checkpoint: { manifest: Record<string, unknown>; parts: Record<string, Buffer> };
  /** To be passed to the next `save`: it succeeds only when nobody else saved since. */
  revision: number;
}

/** A checkpoint without its tensors. */
export interface CheckpointDescription {
  manifest: Record<string, unknown>;
  savedUnixMs: number;
  /** Size of the tensors. */
  sizeBytes: number;
}

/** What the key of a run holds: the checkpoint is complete and durable once this is written. */
interface Pointer {
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

/** How long the outcome of a write is sought when the broker goes away in the middle of it. */
const RETRY_TIMEOUT_MS = 30_000;

const log = createLogger('checkpoints');

/**
 * The newest checkpoint of each run. Saving is atomic: blobs first, then one compare-and-set of the pointer, then the
 * blobs nobody points to any more. A trainer that was replaced finds the pointer moved and is fenced by CONFLICT.
 */
export class CheckpointStore {
  readonly #bus: Bus;
  #opened: Promise<KeyValue> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /**
   * The newest checkpoint of a run; undefined when it has none.
   *
   * @throws HASH_MISMATCH or NOT_FOUND when its content is damaged
   */
  async load(run: string): Promise<LoadedCheckpoint | undefined> {
    for (;;) {
      const found = await this.#pointer(run);
      if (found === undefined) return undefined;
      const { pointer, revision } = found;
      try {
        const names = Object.keys(pointer.parts);
        const contents = await Promise.all(
          Object.values(pointer.parts).map((ref) => this.#bus.getBlob(ref, { owner: pointer.owner })),
        );
        const parts = Object.fromEntries(names.map((name, index) => [name, contents[index]!]));
        return { checkpoint: { manifest: await this.#manifest(pointer), parts }, revision };
      } catch (error) {
        // Whoever saved meanwhile has deleted what we were reading: read the newer one.
        if (SulcusError.from(error).code === 'NOT_FOUND' && (await this.#pointer(run))?.revision !== revision) continue;
        throw error;
      }
    }
  }

  /** Runs that have a checkpoint, sorted. */
  async runs(): Promise<string[]> {
    return (await (await this.#checkpoints()).keys()).filter((key) => !key.includes('.'));
  }

  /** What the newest checkpoint of a run says beside its tensors; undefined when it has none. */
  async describe(run: string): Promise<CheckpointDescription | undefined> {
    for (;;) {
      const found = await this.#pointer(run);
      if (found === undefined) return undefined;
      const { pointer, revision } = found;
      try {
        const sizeBytes = Object.values(pointer.parts).reduce((sum, part) => sum + part.sizeBytes, 0);
        return { manifest: await this.#manifest(pointer), savedUnixMs: pointer.savedUnixMs, sizeBytes };
      } catch (error) {
        if (SulcusError.from(error).code === 'NOT_FOUND' && (await this.#pointer(run))?.revision !== revision) continue;
        throw error;
      }
    }
  }

  /** Forgets a run's checkpoint; nothing happens when it has none. A trainer of the run is fenced by CONFLICT. */
  async delete(run: string): Promise<void> {
    await (await this.#checkpoints()).delete(run);
    for (const attempt of await this.#bus.blobOwners(blobOwners.checkpoint(run)))
      await this.#bus.deleteOwnedBlobs(blobOwners.checkpoint(run, attempt));
  }

  /**
   * Saves a checkpoint and returns its revision.
   *
   * @param expectedRevision revision of the checkpoint that this one follows; 0: there is none. Default: whatever is
   * there
   * @throws CONFLICT when another trainer saved since; BACKPRESSURE when the blob store is full. The old checkpoint
   * stays.
   */
  async save(run: string, checkpoint: Checkpoint, expectedRevision?: number): Promise<number> {
    const base = expectedRevision ?? (await this.#pointer(run))?.revision ?? 0;
    const owner = blobOwners.checkpoint(run, `${base}-${randomBytes(6).toString('hex')}`);
    let pointer: Pointer;
    try {
      pointer = await this.#store(owner, checkpoint);
    } catch (error) {
      await this.#drop(owner);
      throw error;
    }
    const revision = await this.#point(run, pointer, base);
    await this.#sweep(run, owner, revision);
    return revision;
  }

  async #store(owner: string, { manifest, parts }: Checkpoint): Promise<Pointer> {
    const refs: Record<string, BlobRef> = {};
    for (const [name, content] of Object.entries(parts)) refs[name] = await this.#bus.putBlob(content, { owner });
    const json = Buffer.from(JSON.stringify(manifest));
    const kept =
      json.length > INLINE_MANIFEST_BYTES ? { manifestBlob: await this.#bus.putBlob(json, { owner }) } : { manifest };
    return { owner, parts: refs, ...kept, savedUnixMs: Date.now() };
  }

  /** Moves the pointer. When the broker's answer is lost, what the pointer holds then tells whether it moved. */
  async #point(run: string, pointer: Pointer, base: number): Promise<number> {
    const written = await retryWithBackoff(() => this.#write(run, pointer, base), {
      timeoutMs: RETRY_TIMEOUT_MS,
      shouldRetry: ({ code }) => code === 'BUS_UNAVAILABLE',
    });
    if (written !== undefined) return written;
    await this.#drop(pointer.owner);
    throw new SulcusError(
      'CONFLICT',
      `Another trainer saved a checkpoint of ${run} after revision ${base}: this one is out of date`,
      { details: { run, revision: base } },
    );
  }

  /** One attempt to move the pointer: its new revision, or undefined when another moved it. Throws BUS_UNAVAILABLE. */
  async #write(run: string, pointer: Pointer, base: number): Promise<number | undefined> {
    const checkpoints = await this.#checkpoints();
    const value = Buffer.from(JSON.stringify(pointer));
    try {
      return await (base === 0 ? checkpoints.create(run, value) : checkpoints.update(run, value, base));
    } catch (error) {
      const { code } = SulcusError.from(error);
      if (code !== 'CONFLICT' && code !== 'ALREADY_EXISTS') throw error;
      // The refusal may be about an earlier attempt of ours whose answer was lost.
      const found = await this.#pointer(run);
      return found?.pointer.owner === pointer.owner ? found.revision : undefined;
    }
  }

  /**
   * Deletes what saves before this one left behind, killed ones included. A save that builds on this revision may be
   * under way elsewhere: its blobs carry the revision it builds on, and are left alone.
   */
  async #sweep(run: string, owner: string, revision: number): Promise<void> {
    try {
      const attempts = await this.#bus.blobOwners(blobOwners.checkpoint(run));
      const stale = attempts.filter(
        (attempt) => blobOwners.checkpoint(run, attempt) !== owner && Number.parseInt(attempt, 10) < revision,
      );
      for (const attempt of stale) await this.#bus.deleteOwnedBlobs(blobOwners.checkpoint(run, attempt));
    } catch (error) {
      log.warn({ err: error, run }, 'Old checkpoints were not deleted; the next save tries again');
    }
  }

  async #drop(owner: string): Promise<void> {
    await this.#bus
      .deleteOwnedBlobs(owner)
      .catch((error: unknown) =>
        log.warn({ err: error, owner }, 'A broken-off checkpoint was not deleted; the next save tries again'),
      );
  }

  async #manifest({ manifest, manifestBlob, owner }: Pointer): Promise<Record<string, unknown>> {
    if (manifestBlob === undefined) return manifest ?? {};
    return JSON.parse((await this.#bus.getBlob(manifestBlob, { owner })).toString()) as Record<string, unknown>;
  }

  async #pointer(run: string): Promise<{ pointer: Pointer; revision: number } | undefined> {
    const entry = await (await this.#checkpoints()).get(run);
    return entry && { pointer: JSON.parse(entry.value.toString()) as Pointer, revision: entry.revision };
  }

  #checkpoints(): Promise<KeyValue> {
    this.#opened ??= this.#bus.keyValue('checkpoints').catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}
