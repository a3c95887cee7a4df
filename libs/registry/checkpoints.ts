import { randomBytes } from 'node:crypto';
import { retryWithBackoff } from '#libs/async';
import { blobOwners, type Bus, type KeyValue } from '#libs/bus';
import type { BlobRef } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import { isCheckpointKey } from './run-keys.js';

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
  /** Why this is not the newest checkpoint but the one before it; absent: it is the newest. */
  damage?: SulcusError;
}

/** Why a run cannot go on from its newest checkpoint. */
export interface CheckpointDamage {
  error: SulcusError;
  /** Whether the one before it is there to stand in. */
  isPreviousSound: boolean;
}

/** A checkpoint without its tensors. */
export interface CheckpointDescription {
  manifest: Record<string, unknown>;
  savedUnixMs: number;
  /** Size of the tensors. */
  sizeBytes: number;
}

/** A stored checkpoint. */
interface Stored {
  /** Owner of the blobs: of one attempt to save, so that it shares them with nobody. */
  owner: string;
  parts: Record<string, BlobRef>;
  /** Exactly one of the two: a large manifest lies in a blob. */
  manifest?: Record<string, unknown>;
  manifestBlob?: BlobRef;
  savedUnixMs: number;
}

/** What the key of a run holds: the checkpoint is complete and durable once this is written. */
interface Pointer extends Stored {
  /** The checkpoint before it, kept until the next one is saved; absent for the first. */
  previous?: Stored;
}

/** The entry of a run, as it was read. */
interface Found {
  pointer: Pointer;
  revision: number;
}

/** What a process saved last of a run. */
interface Saved {
  revision: number;
  owner: string;
  /** Owner of the checkpoint before it. */
  previousOwner: string | undefined;
  savedUnixMs: number;
}

/** A manifest up to this size lies in the pointer itself. */
const INLINE_MANIFEST_BYTES = 256 * 1024;

/** How long the outcome of a write is sought when the broker goes away in the middle of it. */
const RETRY_TIMEOUT_MS = 30_000;

const log = createLogger('checkpoints');

/**
 * The newest checkpoint of each run and the one before it, which stands in when the newest is damaged. Saving is
 * atomic: blobs first, then one compare-and-set of the pointer, then the blobs nobody points to any more. A trainer
 * that was replaced finds the pointer moved and is fenced by CONFLICT.
 */
export class CheckpointStore {
  readonly #bus: Bus;
  #opened: Promise<KeyValue> | undefined;
  /** Revisions whose newest checkpoint could not be read. */
  readonly #damaged = new Set<number>();
  readonly #saved = new Map<string, Saved>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /**
   * The newest checkpoint of a run that can be read; undefined when it has none.
   *
   * @throws HASH_MISMATCH or NOT_FOUND, with the revision in its details, when the content of both is damaged;
   * MESSAGE_INVALID when the entry that points to them is
   */
  load(run: string): Promise<LoadedCheckpoint | undefined> {
    return this.#lookAt(
      run,
      async ({ pointer, revision }) => ({ checkpoint: await this.#read(pointer), revision }),
      ({ pointer, revision }, damage) => this.#readPrevious(pointer, revision, damage),
    );
  }

  /**
   * Looks at what a run's entry points to, and where that is damaged does something else. Whoever saves meanwhile
   * deletes what is looked at: then the newer one is. Undefined: there is no entry.
   */
  async #lookAt<T>(
    run: string,
    look: (found: Found) => Promise<T>,
    onDamage: (found: Found, damage: SulcusError) => Promise<T>,
  ): Promise<T | undefined> {
    for (;;) {
      const found = await this.#pointer(run);
      if (found === undefined) return undefined;
      try {
        return await look(found);
      } catch (error) {
        const damage = damageOf(error);
        if ((await this.#pointer(run))?.revision !== found.revision) continue;
        return await onDamage(found, damage);
      }
    }
  }

  /** What is to be kept of what there is: the newest, or the one before where the newest was found damaged. */
  #sound({ pointer, revision }: { pointer?: Pointer; revision: number }): Stored | undefined {
    if (!pointer) return undefined;
    const { previous, ...newest } = pointer;
    return this.#damaged.has(revision) ? previous : newest;
  }

  async #readPrevious({ previous }: Pointer, revision: number, damage: SulcusError): Promise<LoadedCheckpoint> {
    this.#damaged.add(revision);
    const details = { ...damage.details, revision };
    const lost = new SulcusError(damage.code, damage.rawMessage, { cause: damage, details });
    if (!previous) throw lost;
    try {
      return { checkpoint: await this.#read(previous), revision, damage };
    } catch (error) {
      damageOf(error);
      throw lost;
    }
  }

  /** @throws HASH_MISMATCH or NOT_FOUND when something of it is damaged */
  async #read(stored: Stored): Promise<LoadedCheckpoint['checkpoint']> {
    const names = Object.keys(stored.parts);
    const contents = await Promise.all(
      Object.values(stored.parts).map((ref) => this.#bus.getBlob(ref, { owner: stored.owner })),
    );
    const parts = Object.fromEntries(names.map((name, index) => [name, contents[index]!]));
    return { manifest: await this.#manifest(stored), parts };
  }

  /**
   * What is wrong with the tensors of a run's newest checkpoint; undefined: nothing, or it has none.
   *
   * @param readsContents true: they are read and compared with their hashes; false: all of them must be there
   * @throws MESSAGE_INVALID when the entry that points to them is damaged, BUS_UNAVAILABLE
   */
  async damage(run: string, readsContents: boolean): Promise<CheckpointDamage | undefined> {
    const read = (stored: Stored): Promise<unknown> => (readsContents ? this.#read(stored) : this.#complete(stored));
    const isSound = (stored: Stored): Promise<boolean> =>
      read(stored).then(
        () => true,
        (failure) => !damageOf(failure),
      );
    return this.#lookAt<CheckpointDamage | undefined>(
      run,
      async ({ pointer }) => void (await read(pointer)),
      async ({ pointer: { previous } }, error) => ({
        error,
        isPreviousSound: previous !== undefined && (await isSound(previous)),
      }),
    );
  }

  /** @throws NOT_FOUND when something of it is missing */
  async #complete(stored: Stored): Promise<void> {
    if (await this.#isWhole(stored)) return;
    throw new SulcusError('NOT_FOUND', 'its tensors are not there, or not all of them');
  }

  /** Runs that have a checkpoint, sorted. */
  async runs(): Promise<string[]> {
    return (await (await this.#checkpoints()).keys()).filter(isCheckpointKey);
  }

  /** What the newest readable checkpoint of a run says beside its tensors; undefined: none. As {@link load}. */
  describe(run: string): Promise<CheckpointDescription | undefined> {
    return this.#lookAt(
      run,
      ({ pointer }) => this.#describe(pointer),
      ({ pointer: { previous } }, damage) => {
        if (!previous) throw damage;
        return this.#describe(previous);
      },
    );
  }

  async #describe(stored: Stored): Promise<CheckpointDescription> {
    const sizeBytes = Object.values(stored.parts).reduce((sum, part) => sum + part.sizeBytes, 0);
    return { manifest: await this.#manifest(stored), savedUnixMs: stored.savedUnixMs, sizeBytes };
  }

  /** Forgets a run's checkpoint; nothing happens when it has none. A trainer of the run is fenced by CONFLICT. */
  async delete(run: string): Promise<void> {
    await (await this.#checkpoints()).delete(run);
    for (const attempt of await this.#bus.blobOwners(blobOwners.checkpoint(run)))
      await this.#bus.deleteOwnedBlobs(blobOwners.checkpoint(run, attempt));
  }

  /**
   * Whether the broker no longer has what was saved last here, or not all of its tensors: a disk that is damaged at its
   * end takes the newest messages. The next save then follows what there is.
   *
   * @throws BUS_UNAVAILABLE
   */
  async hasLost(run: string): Promise<boolean> {
    const present = await this.#present(run);
    if (this.#isLost(run, present)) return true;
    const { pointer, revision } = present ?? {};
    if (!pointer || !revision || pointer.owner !== this.#saved.get(run)?.owner) return false;
    if (await this.#isWhole(pointer)) return false;
    this.#damaged.add(revision);
    return true;
  }

  async #isWhole({ owner, parts, manifestBlob }: Stored): Promise<boolean> {
    for (const ref of [...Object.values(parts), ...(manifestBlob ? [manifestBlob] : [])])
      if (!(await this.#bus.isBlobWhole(ref, { owner }))) return false;
    return true;
  }

  /** Only behind a loss the broker gives lower revisions; what is newer than ours is another trainer's all the same. */
  #isLost(run: string, present: { pointer?: Pointer; revision: number } | undefined): boolean {
    const saved = this.#saved.get(run);
    if (!saved || !present || present.revision >= saved.revision) return false;
    return (present.pointer?.savedUnixMs ?? 0) <= saved.savedUnixMs;
  }

  /**
   * Saves a checkpoint and returns its revision.
   *
   * @param expectedRevision revision of the checkpoint that this one follows; 0: there is none. Default: whatever is
   * there
   * @param named settles when what the manifest names is durable: the checkpoint is not there before. It goes on while
   * the tensors are stored
   * @throws what `named` rejects with; CONFLICT when another trainer saved since; BACKPRESSURE when the blob store is
   * full. The old checkpoint stays.
   */
  async save(
    run: string,
    checkpoint: Checkpoint,
    expectedRevision?: number,
    named: Promise<unknown> = Promise.resolve(),
  ): Promise<number> {
    named.catch(() => undefined); // seen when it is waited for
    const before = await this.#present(run);
    const isLost = this.#isLost(run, before);
    if (isLost) log.warn({ run }, 'The broker has lost the newest checkpoint: the one before it is followed');
    const base = (isLost ? before?.revision : (expectedRevision ?? before?.revision)) ?? 0;
    // One that was fenced keeps nothing of others: its compare-and-set fails. And of one that is older than the one
    // before the tensors are gone.
    const isKept = !isLost || before?.pointer?.owner === this.#saved.get(run)?.previousOwner;
    const previous = before?.revision === base && isKept ? this.#sound(before) : undefined;
    const owner = blobOwners.checkpoint(run, `${base}-${randomBytes(6).toString('hex')}`);
    let pointer: Pointer;
    try {
      const replaced = previous && before?.pointer?.previous?.owner;
      const stored = await this.#storeInPlaceOf(replaced, owner, checkpoint);
      pointer = { ...stored, ...(previous && { previous }) };
      await named;
    } catch (error) {
      await this.#drop(owner);
      throw error;
    }
    const revision = await this.#point(run, pointer, base);
    this.#saved.set(run, { revision, owner, previousOwner: previous?.owner, savedUnixMs: pointer.savedUnixMs });
    await this.#sweep(run, [owner, ...(previous ? [previous.owner] : [])], revision);
    return revision;
  }

  /** Where there is no room, what this checkpoint makes superfluous goes before it comes. */
  async #storeInPlaceOf(replaced: string | undefined, owner: string, checkpoint: Checkpoint): Promise<Stored> {
    try {
      return await this.#store(owner, checkpoint);
    } catch (error) {
      if (SulcusError.from(error).code !== 'BACKPRESSURE' || replaced === undefined) throw error;
      await this.#bus.deleteOwnedBlobs(replaced);
      return await this.#store(owner, checkpoint);
    }
  }

  async #store(owner: string, { manifest, parts }: Checkpoint): Promise<Stored> {
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
  async #sweep(run: string, kept: readonly string[], revision: number): Promise<void> {
    try {
      const attempts = await this.#bus.blobOwners(blobOwners.checkpoint(run));
      const stale = attempts.filter(
        (attempt) => !kept.includes(blobOwners.checkpoint(run, attempt)) && Number.parseInt(attempt, 10) < revision,
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

  async #manifest({ manifest, manifestBlob, owner }: Stored): Promise<Record<string, unknown>> {
    if (manifestBlob === undefined) return manifest ?? {};
    return JSON.parse((await this.#bus.getBlob(manifestBlob, { owner })).toString()) as Record<string, unknown>;
  }

  /** The same; a damaged entry is one without a checkpoint: it is replaced. */
  async #present(run: string): Promise<{ pointer?: Pointer; revision: number } | undefined> {
    try {
      return await this.#pointer(run);
    } catch (error) {
      const { code, details } = SulcusError.from(error);
      if (code !== 'MESSAGE_INVALID') throw error;
      return { revision: details['revision'] as number };
    }
  }

  async #pointer(run: string): Promise<Found | undefined> {
    const entry = await (await this.#checkpoints()).get(run);
    if (!entry) return undefined;
    const pointer = pointerIn(entry.value);
    if (pointer) return { pointer, revision: entry.revision };
    throw new SulcusError('MESSAGE_INVALID', `What is stored of the checkpoint of ${run} points to none`, {
      details: { revision: entry.revision },
    });
  }

  #checkpoints(): Promise<KeyValue> {
    this.#opened ??= this.#bus.keyValue('checkpoints').catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}

/** Undefined for what is no pointer: foreign or damaged. */
function pointerIn(value: Buffer): Pointer | undefined {
  try {
    const read = JSON.parse(value.toString()) as Partial<Pointer> | null;
    const isPointer = typeof read?.owner === 'string' && typeof read.parts === 'object' && read.parts !== null;
    return isPointer ? (read as Pointer) : undefined;
  } catch {
    return undefined;
  }
}

/** @throws what is no damage of the content */
function damageOf(error: unknown): SulcusError {
  const failure = SulcusError.from(error);
  if (failure.code !== 'HASH_MISMATCH' && failure.code !== 'NOT_FOUND') throw failure;
  return failure;
}
