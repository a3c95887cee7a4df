import { waitFor } from '#libs/async';
import type { Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import type { LineageRecord } from '#libs/lineage';
import {
  decodeSafetensors,
  encodeSafetensors,
  type ScheduleRecord,
  type SessionState,
  type TrainingState,
} from '#libs/nn';
import { CheckpointStore, type LoadedCheckpoint } from '#libs/registry';
import { attr, withSpan } from '#libs/telemetry';
import type { EarlyStoppingRecord } from './early-stopping.js';
import { releaseBatch, type HeldBatches } from '../data/held-batches.js';
import type { LedgerRecord } from '../data/ledger.js';
import type { ProgressRecord } from './progress.js';
import type { ChosenBatchSize } from '../recipe/batch-size.js';
import { checkManifest } from './check-manifest.js';
import type { PendingPublication } from '../publishing/pending-publication.js';
import type { WithRoom } from './with-room.js';

/**
 * Everything beside the tensors that a trainer needs to go on as if it had never stopped. The names are stored:
 * checkpoints of older versions are read by them.
 */
export interface CheckpointManifest {
  schema: 1;
  run: string;
  recipe: Record<string, unknown>;
  classes: readonly string[];
  seed: number;
  ledger: LedgerRecord;
  /** Ledger of the last complete epoch: with the current one it says what the weights have seen. */
  completedLedger: LedgerRecord | null;
  progress: ProgressRecord;
  earlyStopping: EarlyStoppingRecord;
  /** Absent in checkpoints of versions that had no schedules. */
  schedule?: ScheduleRecord;
  /** Fingerprint of the samples and labels that the early stopping record was measured on. */
  dataFingerprint: string;
  pendingPublication: PendingPublication | null;
  /** Version published last, parent of the next. */
  parentVersion: string | null;
  /** Trace contexts of the training steps since the last publication, newest last. */
  stepTraceparents: readonly string[];
  /** Of a recipe that leaves the batch size open. */
  batchSize?: ChosenBatchSize;
  /** Of a run that learns from a stream: a `StreamRecord`. */
  stream?: object;
  /** Absent in checkpoints of versions that kept no list of what was learned. */
  lineage?: LineageRecord;
}

export interface RestoredCheckpoint extends TrainingState {
  manifest: CheckpointManifest;
  /** Why it is not the newest one; absent when it is. */
  damage?: SulcusError;
}

/**
 * Writes checkpoints, one at a time and beside the training: tensors are read between two steps, stored while the next
 * steps run, and only then are the batches acknowledged whose effect they contain.
 */
export class Checkpoints {
  readonly #bus: Bus;
  readonly #store: CheckpointStore;
  readonly #run: string;
  readonly #held: HeldBatches;
  /** Checkpoint that the next one follows; 0: the run has none yet. */
  #revision = 0;
  #saving: Promise<void> = Promise.resolve();
  #failure: unknown;
  #savedAtMs = performance.now();
  /** Whether the broker was away since it was last seen to have what was saved. */
  #mayBeLost = false;
  readonly #withRoom: WithRoom;

  constructor(bus: Bus, run: string, held: HeldBatches, withRoom: WithRoom) {
    this.#bus = bus;
    this.#store = new CheckpointStore(bus);
    this.#run = run;
    this.#held = held;
    this.#withRoom = withRoom;
    bus.onReconnect(() => {
      this.#mayBeLost = true;
    });
  }

  /** Milliseconds since the last checkpoint was begun. */
  get ageMs(): number {
    return performance.now() - this.#savedAtMs;
  }

  /**
   * Whether the broker came back without what was saved last. Who learns on saves soon in any case; who waits is to
   * save again.
   *
   * @throws BUS_UNAVAILABLE
   */
  async isLost(): Promise<boolean> {
    if (!this.#mayBeLost) return false;
    const isLost = await this.#store.hasLost(this.#run);
    this.#mayBeLost = false;
    return isLost;
  }

  /**
   * The newest durable checkpoint of the run that can be read, with why it is not the newest of all.
   *
   * @throws MODEL_INVALID when it is of another version of this program; HASH_MISMATCH, NOT_FOUND, MESSAGE_INVALID when
   * none can be read: the next save then replaces what there is
   */
  async restore(): Promise<RestoredCheckpoint | undefined> {
    const stored = await this.#load();
    if (!stored) return undefined;
    this.#revision = stored.revision;
    const { manifest, parts } = stored.checkpoint;
    const { weights, optimizer, average } = parts;
    if (manifest.schema !== 1 || !weights || !optimizer) {
      throw new SulcusError(
        'MODEL_INVALID',
        `The checkpoint of run "${this.#run}" cannot be read by this version; choose another SULCUS_RUN to begin anew`,
      );
    }
    checkManifest(this.#run, manifest);
    return {
      manifest: manifest as unknown as CheckpointManifest,
      weights: decodeSafetensors(weights).state,
      optimizer: decodeSafetensors(optimizer).state,
      ...(average && { average: decodeSafetensors(average).state }),
      ...(stored.damage && { damage: stored.damage }),
    };
  }

  async #load(): Promise<LoadedCheckpoint | undefined> {
    try {
      return await this.#store.load(this.#run);
    } catch (error) {
      const { revision } = SulcusError.from(error).details;
      if (typeof revision === 'number') this.#revision = revision;
      throw error;
    }
  }

  /**
   * Begins to store the state and returns; batches held at this moment are acknowledged once it is durable.
   *
   * @param beforehand makes durable what the manifest names
   * @throws what the previous save failed with: CONFLICT when another trainer has taken over the run.
   */
  async begin(
    manifest: CheckpointManifest,
    readState: () => Promise<SessionState>,
    beforehand: () => Promise<void> = async () => undefined,
  ): Promise<void> {
    // What the run learns while this is stored is of the next one.
    const stored = structuredClone(manifest) as unknown as Record<string, unknown>;
    await this.settled();
    const batches = this.#held.take();
    const { weights, optimizer, average } = await readState();
    this.#savedAtMs = performance.now();
    const parts = {
      weights: encodeSafetensors(weights),
      optimizer: encodeSafetensors(optimizer),
      ...(average && { average: encodeSafetensors(average) }),
    };
    const links = manifest.stepTraceparents.map((traceparent) => ({ traceparent }));
    const attributes = { [attr.run]: this.#run, [attr.step]: manifest.progress.step };
    this.#saving = withSpan('save checkpoint', { root: true, links, attributes }, async () => {
      const content = { manifest: stored, parts };
      this.#revision = await this.#withRoom('a checkpoint', () =>
        this.#store.save(this.#run, content, this.#revision, beforehand()),
      );
      await Promise.all(batches.map((batch) => releaseBatch(this.#bus, batch)));
    }).catch((error: unknown) => {
      this.#failure = error;
    });
  }

  /** Resolves when nothing is being stored; throws what the last save failed with. */
  async settled(): Promise<void> {
    await waitFor('a checkpoint to be stored', this.#saving);
    if (this.#failure !== undefined) throw SulcusError.from(this.#failure);
  }
}
