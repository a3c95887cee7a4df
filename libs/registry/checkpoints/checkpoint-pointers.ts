import { retryWithBackoff } from '#libs/async';
import type { Bus, KeyValue } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { isCheckpointKey } from '../run-keys.js';
import type { StoredCheckpoint } from './checkpoint-blobs.js';

/** What the key of a run holds: the checkpoint is complete and durable once this is written. */
export interface CheckpointPointer extends StoredCheckpoint {
  /** The checkpoint before it, kept until the next one is saved; absent for the first. */
  previous?: StoredCheckpoint;
}

/** The entry of a run, as it was read. */
export interface FoundPointer {
  pointer: CheckpointPointer;
  revision: number;
}

/** How long the outcome of a write is sought when the broker goes away in the middle of it. */
const RETRY_TIMEOUT_MS = 30_000;

/** Where each run's newest checkpoint lies: a key each, moved by compare-and-set. */
export class CheckpointPointers {
  #opened: Promise<KeyValue> | undefined;

  constructor(private readonly bus: Bus) {}

  /** Runs that have one, sorted. */
  async runs(): Promise<string[]> {
    return (await (await this.#bucket()).keys()).filter(isCheckpointKey);
  }

  /** @throws MESSAGE_INVALID, with the revision in its details, when what is stored points to no checkpoint */
  async get(run: string): Promise<FoundPointer | undefined> {
    const entry = await (await this.#bucket()).get(run);
    if (!entry) return undefined;
    const pointer = pointerIn(entry.value);
    if (pointer) return { pointer, revision: entry.revision };
    throw new SulcusError('MESSAGE_INVALID', `What is stored of the checkpoint of ${run} points to none`, {
      details: { revision: entry.revision },
    });
  }

  /** As {@link get}; a damaged entry is one without a checkpoint: it is replaced. */
  async getReplaceable(run: string): Promise<{ pointer?: CheckpointPointer; revision: number } | undefined> {
    try {
      return await this.get(run);
    } catch (error) {
      const { code, details } = SulcusError.from(error);
      if (code !== 'MESSAGE_INVALID') throw error;
      return { revision: details['revision'] as number };
    }
  }

  /**
   * Moves a run's pointer. When the broker's answer is lost, what the pointer holds then tells whether it moved.
   *
   * @param base revision that it follows; 0: there is none
   * @returns its new revision; undefined: another moved it since
   * @throws BUS_UNAVAILABLE
   */
  move(run: string, pointer: CheckpointPointer, base: number): Promise<number | undefined> {
    return retryWithBackoff(() => this.#write(run, pointer, base), {
      timeoutMs: RETRY_TIMEOUT_MS,
      shouldRetry: ({ code }) => code === 'BUS_UNAVAILABLE',
    });
  }

  async delete(run: string): Promise<void> {
    await (await this.#bucket()).delete(run);
  }

  async #write(run: string, pointer: CheckpointPointer, base: number): Promise<number | undefined> {
    const bucket = await this.#bucket();
    const value = Buffer.from(JSON.stringify(pointer));
    try {
      return await (base === 0 ? bucket.create(run, value) : bucket.update(run, value, base));
    } catch (error) {
      const { code } = SulcusError.from(error);
      if (code !== 'CONFLICT' && code !== 'ALREADY_EXISTS') throw error;
      // The refusal may be about an earlier attempt of ours whose answer was lost.
      const found = await this.get(run);
      return found?.pointer.owner === pointer.owner ? found.revision : undefined;
    }
  }

  #bucket(): Promise<KeyValue> {
    this.#opened ??= this.bus.keyValue('checkpoints').catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}

/** Undefined for what is no pointer: foreign or damaged. */
function pointerIn(value: Buffer): CheckpointPointer | undefined {
  try {
    const read = JSON.parse(value.toString()) as Partial<CheckpointPointer> | null;
    const isPointer = typeof read?.owner === 'string' && typeof read.parts === 'object' && read.parts !== null;
    return isPointer ? (read as CheckpointPointer) : undefined;
  } catch {
    return undefined;
  }
}
