import { fingerprint } from '../data/fingerprint.js';
import type { TrainerOptions, TrainerParts } from './parts.js';
import { returnToBest } from './return-to-best.js';
import { saveCheckpoint } from './save-checkpoint.js';
import { trainToValidation } from './train-to-validation.js';

/** Without a full batch, training begins when nothing has come for this long. */
const IDLE_MS = 2000;

/**
 * Fine-tunes the network on the stream. It is
 * - waiting, while there are not enough labelled samples to begin with;
 * - training up to the next validation, and validating; then checkpoint, candidate, promotion;
 * - idle, when early stopping or the last epoch was reached: new images or labels lead back to training.
 */
export class Trainer {
  readonly #parts: TrainerParts;
  readonly #options: TrainerOptions;

  constructor(parts: TrainerParts, options: TrainerOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Trains until the signal aborts; the last state is checkpointed then. */
  async run(signal: AbortSignal): Promise<void> {
    const { state, publisher, checkpoints, events } = this.#parts;
    try {
      // A predecessor may have died between its checkpoint and the offer of the candidate in it.
      await publisher.publishPending(state, () => this.#parts.session.readState());
      while (!signal.aborted) {
        await this.#waitForSamples(signal);
        await this.#noticeChangedData();
        const reason = this.#finishedReason();
        if (reason) await this.#idle(reason, signal);
        else await trainToValidation(this.#parts, this.#options, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (signal.aborted) {
        await events.state('stopping', 'storing a last checkpoint');
        await saveCheckpoint(this.#parts);
      }
      await checkpoints.settled();
    }
  }

  /** Enough to begin with: a batch to train on and one to validate on, or whatever there is when nothing more comes. */
  async #waitForSamples(signal: AbortSignal): Promise<void> {
    const { index, events } = this.#parts;
    let said = '';
    for (;;) {
      await events.waiting(index.waiting);
      const [train, validation] = [index.labelled('SPLIT_TRAIN').length, index.labelled('SPLIT_VALIDATION').length];
      if (signal.aborted || Math.min(train, validation) >= this.#options.batchSize) return;
      if (train > 0 && validation > 0 && index.idleMs > IDLE_MS) return;
      const message = waitingMessage(train, validation, index.idleMs > IDLE_MS);
      if (message !== said) await events.state('idle', message);
      said = message;
      await index.changed(IDLE_MS / 2, signal);
    }
  }

  #dataFingerprint(): string {
    const { index } = this.#parts;
    return fingerprint(index.labelled('SPLIT_TRAIN'), index.labelled('SPLIT_VALIDATION'));
  }

  async #noticeChangedData(): Promise<void> {
    const { state, index } = this.#parts;
    const current = this.#dataFingerprint();
    if (current === state.dataFingerprint) return;
    if (state.earlyStopping.stopped) await returnToBest(this.#parts);
    state.dataFingerprint = current;
    state.earlyStopping.reset();
    state.schedule.restart();
    state.progress.epochsOnSameData = 0;
    // Images that came during an epoch joined it: then it was already one over all that is there now.
    if (!state.lastEpochCovered(index.labelled('SPLIT_TRAIN'))) return;
    state.schedule.epochDone();
    state.progress.epochsOnSameData = 1;
  }

  #finishedReason(): 'early_stopping' | 'epochs' | undefined {
    const { state } = this.#parts;
    if (state.earlyStopping.stopped) return 'early_stopping';
    return state.progress.epochsOnSameData >= this.#options.epochs ? 'epochs' : undefined;
  }

  async #idle(reason: 'early_stopping' | 'epochs', signal: AbortSignal): Promise<void> {
    const { index, state, events, checkpoints, exchange } = this.#parts;
    const save = async (): Promise<void> => {
      await saveCheckpoint(this.#parts);
      await checkpoints.settled();
    };
    await save();
    await exchange.sweep();
    for (let reportedVersion = -1; !signal.aborted; await index.changed(IDLE_MS, signal)) {
      if (await checkpoints.isLost()) await save();
      if (index.version === reportedVersion) continue;
      await events.waiting(index.waiting);
      if (this.#dataFingerprint() !== state.dataFingerprint) return;
      // Scans that are not learned from (the test split) are reported too: whoever waits knows that all were seen.
      reportedVersion = index.version;
      await events.finished(state.progress, reason, state.ledger.epoch, index.lastSequence);
    }
  }
}

/** What a run that cannot begin yet waits for; once nothing more comes, also why and what to do. */
function waitingMessage(train: number, validation: number, idle: boolean): string {
  const waiting = `waiting for labelled images: ${train} to train and ${validation} to validate so far`;
  if (!idle || train + validation === 0) return waiting;
  return (
    `${waiting}; a patient’s images are all on one side, and of few patients none may be on the other: ` +
    'send images of more patients, or name their splits'
  );
}
