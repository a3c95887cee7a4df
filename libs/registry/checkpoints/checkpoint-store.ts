import { randomBytes } from 'node:crypto';
import { blobOwners, type Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { createLogger } from '#libs/telemetry';
import type { Checkpoint, CheckpointDamage, CheckpointDescription, LoadedCheckpoint } from './checkpoint.js';
import { CheckpointBlobs, type StoredCheckpoint } from './checkpoint-blobs.js';
import { CheckpointPointers, type CheckpointPointer, type FoundPointer } from './checkpoint-pointers.js';

/** What a process saved last of a run. */
interface Saved {
  revision: number;
  owner: string;
  /** Owner of the checkpoint before it. */
  previousOwner: string | undefined;
  savedUnixMs: number;
}

const log = createLogger('checkpoints');

/**
 * The newest checkpoint of each run and the one before it, which stands in when the newest is damaged. Saving is
 * atomic: blobs first, then one compare-and-set of the pointer, then the blobs nobody points to any more. A trainer
 * that was replaced finds the pointer moved and is fenced by CONFLICT.
 */
export class CheckpointStore {
  readonly #blobs: CheckpointBlobs;
  readonly #pointers: CheckpointPointers;
  /** Revisions whose newest checkpoint could not be read. */
  readonly #damaged = new Set<number>();
  readonly #saved = new Map<string, Saved>();

  constructor(bus: Bus) {
    this.#blobs = new CheckpointBlobs(bus);
    this.#pointers = new CheckpointPointers(bus);
  }

  /** Runs that have a checkpoint, sorted. */
  runs(): Promise<string[]> {
    return this.#pointers.runs();
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
      async ({ pointer, revision }) => ({ checkpoint: await this.#blobs.read(pointer), revision }),
      ({ pointer, revision }, damage) => this.#readPrevious(pointer, revision, damage),
    );
  }

  /** What the newest readable checkpoint of a run says beside its tensors; undefined: none. As {@link load}. */
  describe(run: string): Promise<CheckpointDescription | undefined> {
    return this.#lookAt(
      run,
      ({ pointer }) => this.#blobs.describe(pointer),
      ({ pointer: { previous } }, damage) => {
        if (!previous) throw damage;
        return this.#blobs.describe(previous);
      },
    );
  }

  /**
   * What is wrong with the tensors of a run's newest checkpoint; undefined: nothing, or it has none.
   *
   * @param readsContents true: they are read and compared with their hashes; false: all of them must be there
   * @throws MESSAGE_INVALID when the entry that points to them is damaged, BUS_UNAVAILABLE
   */
  async damage(run: string, readsContents: boolean): Promise<CheckpointDamage | undefined> {
    const read = (stored: StoredCheckpoint): Promise<unknown> =>
      readsContents ? this.#blobs.read(stored) : this.#blobs.demandWhole(stored);
    const isSound = (stored: StoredCheckpoint): Promise<boolean> =>
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

  /**
   * Whether the broker no longer has what was saved last here, or not all of its tensors: a disk that is damaged at its
   * end takes the newest messages. The next save then follows what there is.
   *
   * @throws BUS_UNAVAILABLE
   */
  async hasLost(run: string): Promise<boolean> {
    const present = await this.#pointers.getReplaceable(run);
    if (this.#isLost(run, present)) return true;
    const { pointer, revision } = present ?? {};
    if (!pointer || !revision || pointer.owner !== this.#saved.get(run)?.owner) return false;
    if (await this.#blobs.isWhole(pointer)) return false;
    this.#damaged.add(revision);
    return true;
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
    const before = await this.#pointers.getReplaceable(run);
    const isLost = this.#isLost(run, before);
    if (isLost) log.warn({ run }, 'The broker has lost the newest checkpoint: the one before it is followed');
    const base = (isLost ? before?.revision : (expectedRevision ?? before?.revision)) ?? 0;
    // One that was fenced keeps nothing of others: its compare-and-set fails. And of one that is older than the one
    // before the tensors are gone.
    const isKept = !isLost || before?.pointer?.owner === this.#saved.get(run)?.previousOwner;
    const previous = before?.revision === base && isKept ? this.#sound(before) : undefined;
    const owner = blobOwners.checkpoint(run, `${base}-${randomBytes(6).toString('hex')}`);
    let pointer: CheckpointPointer;
    try {
      const stored = await this.#blobs.store(owner, checkpoint, previous && before?.pointer?.previous?.owner);
      pointer = { ...stored, ...(previous && { previous }) };
      await named;
    } catch (error) {
      await this.#blobs.drop(owner);
      throw error;
    }
    const revision = await this.#point(run, pointer, base);
    this.#saved.set(run, { revision, owner, previousOwner: previous?.owner, savedUnixMs: pointer.savedUnixMs });
    await this.#blobs.sweep(run, [owner, ...(previous ? [previous.owner] : [])], revision);
    return revision;
  }

  /** Forgets a run's checkpoint; nothing happens when it has none. A trainer of the run is fenced by CONFLICT. */
  async delete(run: string): Promise<void> {
    await this.#pointers.delete(run);
    await this.#blobs.deleteAll(run);
  }

  /**
   * Looks at what a run's entry points to, and where that is damaged does something else. Whoever saves meanwhile
   * deletes what is looked at: then the newer one is. Undefined: there is no entry.
   */
  async #lookAt<T>(
    run: string,
    look: (found: FoundPointer) => Promise<T>,
    onDamage: (found: FoundPointer, damage: SulcusError) => Promise<T>,
  ): Promise<T | undefined> {
    for (;;) {
      const found = await this.#pointers.get(run);
      if (found === undefined) return undefined;
      try {
        return await look(found);
      } catch (error) {
        const damage = damageOf(error);
        if ((await this.#pointers.get(run))?.revision !== found.revision) continue;
        return await onDamage(found, damage);
      }
    }
  }

  async #readPrevious(
    { previous }: CheckpointPointer,
    revision: number,
    damage: SulcusError,
  ): Promise<LoadedCheckpoint> {
    this.#damaged.add(revision);
    const details = { ...damage.details, revision };
    const lost = new SulcusError(damage.code, damage.rawMessage, { cause: damage, details });
    if (!previous) throw lost;
    try {
      return { checkpoint: await this.#blobs.read(previous), revision, damage };
    } catch (error) {
      damageOf(error);
      throw lost;
    }
  }

  /** What is to be kept of what there is: the newest, or the one before where the newest was found damaged. */
  #sound({ pointer, revision }: { pointer?: CheckpointPointer; revision: number }): StoredCheckpoint | undefined {
    if (!pointer) return undefined;
    const { previous, ...newest } = pointer;
    return this.#damaged.has(revision) ? previous : newest;
  }

  /** Only behind a loss the broker gives lower revisions; what is newer than ours is another trainer's all the same. */
  #isLost(run: string, present: { pointer?: CheckpointPointer; revision: number } | undefined): boolean {
    const saved = this.#saved.get(run);
    if (!saved || !present || present.revision >= saved.revision) return false;
    return (present.pointer?.savedUnixMs ?? 0) <= saved.savedUnixMs;
  }

  async #point(run: string, pointer: CheckpointPointer, base: number): Promise<number> {
    const revision = await this.#pointers.move(run, pointer, base);
    if (revision !== undefined) return revision;
    await this.#blobs.drop(pointer.owner);
    throw new SulcusError(
      'CONFLICT',
      `Another trainer saved a checkpoint of ${run} after revision ${base}: this one is out of date`,
      { details: { run, revision: base } },
    );
  }
}

/** @throws what is no damage of the content */
function damageOf(error: unknown): SulcusError {
  const failure = SulcusError.from(error);
  if (failure.code !== 'HASH_MISMATCH' && failure.code !== 'NOT_FOUND') throw failure;
  return failure;
}
