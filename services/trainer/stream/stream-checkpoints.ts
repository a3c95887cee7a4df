import { publishRetention } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { isCheckpointDue, saveCheckpoint } from '../loop/save-checkpoint.js';
import type { StreamCursor } from './stream-event.js';
import type { StreamOptions, StreamParts } from './stream-parts.js';

/** Where nothing was learned, a checkpoint of a large network is worth the wait: times the usual interval. */
const MOVED_FACTOR = 4;

/**
 * Saves checkpoints of a run that learns from a stream, and says behind each durable one which scans it needs: all
 * others may leave the broker.
 */
export class StreamCheckpoints {
  readonly #parts: StreamParts;
  readonly #options: Pick<StreamOptions, 'checkpointIntervalMs'>;
  #telling: Promise<void> = Promise.resolve();
  #failure: unknown;
  /** How far the streams were taken in at the last checkpoint. */
  #saved: StreamCursor;

  constructor(parts: StreamParts, options: Pick<StreamOptions, 'checkpointIntervalMs'>) {
    this.#parts = parts;
    this.#options = options;
    this.#saved = parts.plan.settled.cursor;
  }

  /** Begins to store the present state. Throws what the one before failed with. */
  async save(): Promise<void> {
    await this.settled();
    this.#saved = this.#parts.plan.settled.cursor;
    await saveCheckpoint(this.#parts);
    this.#tell();
  }

  /**
   * The same while nothing comes: of the last steps at the usual interval, since no step follows behind which one is
   * saved. Where something was taken in that no step learns from, later: held-out images and labels of others may leave
   * the broker only when it is said that they were seen. At once where the broker has lost the last one.
   */
  async saveWhenQuiet(): Promise<void> {
    const { checkpoints, held } = this.#parts;
    if (await checkpoints.isLost()) return await this.save();
    if (held.count > 0) return await this.saveWhenDue();
    const { scan, label } = this.#parts.plan.settled.cursor;
    if (scan === this.#saved.scan && label === this.#saved.label) return;
    if (checkpoints.ageMs > MOVED_FACTOR * this.#options.checkpointIntervalMs) await this.save();
  }

  /** The same, once the last one is old enough or enough batches wait for it. */
  async saveWhenDue(): Promise<void> {
    if (isCheckpointDue(this.#parts, this.#options)) await this.save();
  }

  /** Resolves when nothing is being stored; throws what failed. */
  async settled(): Promise<void> {
    await this.#parts.checkpoints.settled();
    await this.#telling;
    this.#throwFailure();
  }

  #tell(): void {
    const { bus, state, plan, checkpoints } = this.#parts;
    const { cursor } = plan.settled;
    const needed = {
      run: state.identity.run,
      settledThrough: cursor.scan,
      labelsThrough: cursor.label,
      retained: [...plan.retained()],
    };
    this.#telling = checkpoints
      .settled()
      .then(() => publishRetention(bus, needed))
      .catch((error: unknown) => {
        this.#failure = error;
      });
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw SulcusError.from(this.#failure);
  }
}
