import type { Bus } from '#libs/bus';
import type { Engine } from '#libs/engine';
import type { NetworkConfig, TrainingSession } from '#libs/nn';
import type { Registry } from '#libs/registry';
import { attr, withSpan } from '#libs/telemetry';
import type { BatchExchange, DeliveredBatch } from '../data/batch-exchange.js';
import { Champion } from './champion.js';
import type { Checkpoints } from '../state/checkpoints.js';
import type { TrainerEvents } from '../events.js';
import { releaseBatch, type HeldBatches } from '../data/held-batches.js';
import { Ledger } from '../data/ledger.js';
import { openBatch } from '../data/open-batch.js';
import { PassPlan } from '../data/epoch-plan.js';
import {
  assertFiniteLoss,
  decide,
  offeredAlias,
  type PromotionPolicy,
  type ValidationMetrics,
} from '../publishing/promotion.js';
import type { Publisher } from '../publishing/publisher.js';
import { Round } from './validation-interval.js';
import type { RunState } from '../state/run-state.js';
import type { IndexedSample, SampleIndex } from '../data/sample-index.js';
import { fingerprint, ValidationTally } from './metric-accumulator.js';

/** A checkpoint is due at the latest when this many batches wait for one: they are kept by the broker until then. */
const MAX_HELD_BATCHES = 48;

/** Without a full batch, training begins when nothing has come for this long. */
const QUIET_MS = 2000;

/** Fewest samples between validations unless configured. */
const MIN_SAMPLES_BETWEEN_VALIDATIONS = 2000;

export interface TrainerParts {
  bus: Bus;
  engine: Engine;
  registry: Registry;
  index: SampleIndex;
  exchange: BatchExchange;
  session: TrainingSession;
  network: NetworkConfig;
  state: RunState;
  held: HeldBatches;
  checkpoints: Checkpoints;
  publisher: Publisher;
  events: TrainerEvents;
}

export interface TrainerOptions {
  batchSize: number;
  /** How the candidate's images are prepared. */
  transformHash: string;
  /** Steps after the first pass use batch norm's running statistics. */
  bnFrozenAfterFirstEpoch: boolean;
  /** Which validations offer a candidate: those with a lower loss, or all. */
  candidates: 'improved' | 'every';
  promotion: PromotionPolicy;
  classBalanced: boolean;
  /** Passes over unchanged data after which training ends. */
  epochs: number;
  validateEverySamples: number | undefined;
  checkpointIntervalMs: number;
}

/**
 * Fine-tunes the network on the stream. It is
 * - waiting, while there are not enough labelled samples to begin with;
 * - in a round of training batches up to the next validation, and the validation; then checkpoint, candidate, promotion;
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
        this.#noticeChangedData();
        const reason = this.#finishedReason();
        if (reason) await this.#idle(reason, signal);
        else await this.#round(signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (signal.aborted) {
        await events.state('stopping', 'storing a last checkpoint');
        await this.#checkpoint();
      }
      await checkpoints.settled();
    }
  }

  /** Enough to begin with: a batch of training samples and one to validate on, or whatever there is when it is quiet. */
  async #waitForSamples(signal: AbortSignal): Promise<void> {
    const { index, events } = this.#parts;
    let said = false;
    for (;;) {
      const [train, validation] = [index.labelled('SPLIT_TRAIN').length, index.labelled('SPLIT_VALIDATION').length];
      if (signal.aborted || Math.min(train, validation) >= this.#options.batchSize) return;
      if (train > 0 && validation > 0 && index.quietMs > QUIET_MS) return;
      if (!said)
        await events.state(
          'idle',
          `waiting for labelled images: ${train} to train and ${validation} to validate so far`,
        );
      said = true;
      await index.changed(QUIET_MS / 2, signal);
    }
  }

  #dataFingerprint(): string {
    const { index } = this.#parts;
    return fingerprint(index.labelled('SPLIT_TRAIN'), index.labelled('SPLIT_VALIDATION'));
  }

  #noticeChangedData(): void {
    const { state, index } = this.#parts;
    const current = this.#dataFingerprint();
    if (current === state.dataFingerprint) return;
    state.dataFingerprint = current;
    state.earlyStopping.reset();
    state.schedule.restart();
    state.progress.passesOnSameData = 0;
    // Images that came during a pass joined it: then it was already one over all that is there now.
    if (!state.lastPassCovered(index.labelled('SPLIT_TRAIN'))) return;
    state.schedule.epochDone();
    state.progress.passesOnSameData = 1;
  }

  #finishedReason(): 'early_stopping' | 'epochs' | undefined {
    const { state } = this.#parts;
    if (state.earlyStopping.stopped) return 'early_stopping';
    return state.progress.passesOnSameData >= this.#options.epochs ? 'epochs' : undefined;
  }

  async #idle(reason: 'early_stopping' | 'epochs', signal: AbortSignal): Promise<void> {
    const { index, state, events } = this.#parts;
    await this.#checkpoint();
    await this.#parts.checkpoints.settled();
    for (let reportedVersion = -1; !signal.aborted; await index.changed(QUIET_MS, signal)) {
      if (index.version === reportedVersion) continue;
      if (this.#dataFingerprint() !== state.dataFingerprint) return;
      // Scans that teach nothing (the test split) are reported too: whoever waits for the trainer knows it has seen all.
      reportedVersion = index.version;
      await events.finished(state.progress, reason, state.ledger.pass, index.lastSequence);
    }
  }

  /** Training batches up to the next validation, and the validation, as one sequence of orders without a gap. */
  async #round(signal: AbortSignal): Promise<void> {
    const { exchange, state, events } = this.#parts;
    const tally = new ValidationTally(state.identity.classes.length);
    const round = this.#nextRound();
    let champion: Champion | undefined;
    let sampleSetHash: string | undefined;
    await events.state('busy', `training, pass ${state.ledger.pass}`);
    try {
      for await (const delivered of exchange.batches(round.orders(), signal)) {
        if (delivered.order.split === 'SPLIT_TRAIN') {
          await this.#trainOn(delivered);
          continue;
        }
        if (sampleSetHash === undefined) {
          sampleSetHash = fingerprint(round.validationSamples);
          champion = await this.#loadChampion(sampleSetHash);
        }
        await this.#validateOn(delivered, tally, champion);
      }
      if (champion) await this.#askChampion(champion, round.validationSamples, signal);
      signal.throwIfAborted();
      await events.progress(state.progress, state.ledger.pass, state.schedule.learningRate, true);
      const { pass } = state.ledger;
      const metrics = tally.metrics();
      if (round.passIsComplete && !this.#lastPassGoesOn(round)) await this.#completePass();
      if (metrics) await this.#judge({ ...metrics, sampleSetHash: sampleSetHash! }, pass, champion, tally);
    } finally {
      await champion?.close();
    }
  }

  #loadChampion(sampleSetHash: string): Promise<Champion | undefined> {
    const { registry, engine, state } = this.#parts;
    const { promotion, transformHash } = this.#options;
    const candidate = { classes: state.identity.classes, transformHash };
    return Champion.load(registry, engine, candidate, sampleSetHash, offeredAlias(promotion));
  }

  /** Has it answer the same samples from images that are prepared for it, where the candidate's are prepared otherwise. */
  async #askChampion(champion: Champion, samples: readonly IndexedSample[], signal: AbortSignal): Promise<void> {
    const { bus, exchange, state } = this.#parts;
    const orders = champion.orders(state.ledger.pass, samples, this.#options.batchSize);
    for await (const { delivery } of exchange.batches(orders, signal)) {
      const { pixels, labels } = await openBatch(bus, delivery.message, champion.card.input);
      await champion.answer(pixels, labels);
      await releaseBatch(bus, delivery);
    }
  }

  /** What came too late to be asked for still joins the last pass: another one would repeat all the rest. */
  #lastPassGoesOn(round: Round): boolean {
    const isLast = this.#parts.state.progress.passesOnSameData + 1 >= this.#options.epochs;
    return isLast && round.hasLateArrivals();
  }

  #nextRound(): Round {
    const { index, state } = this.#parts;
    const { batchSize, classBalanced, validateEverySamples } = this.#options;
    if (state.ledger.snapshotSequence === 0) state.ledger = new Ledger(state.ledger.pass, index.lastSequence);
    const labelled = (): IndexedSample[] => index.labelled('SPLIT_TRAIN');
    const plan = new PassPlan(state.ledger, labelled, { seed: state.identity.seed, batchSize, classBalanced });
    const trainingSamples = validateEverySamples ?? Math.max(MIN_SAMPLES_BETWEEN_VALIDATIONS, labelled().length);
    return new Round(plan, () => index.labelled('SPLIT_VALIDATION'), {
      pass: state.ledger.pass,
      batchSize,
      trainingSamples,
    });
  }

  async #trainOn({ order, delivery, waitedMs }: DeliveredBatch): Promise<void> {
    const { bus, network, session, state, held, events, checkpoints } = this.#parts;
    const startedAtMs = performance.now();
    const batch = await openBatch(bus, delivery.message, network.input);
    const rows = state.ledger.unsettledRows(batch.sequences);
    if (rows.length > 0) {
      const links = delivery.traceparent === undefined ? [] : [{ traceparent: delivery.traceparent }];
      const attributes = {
        [attr.run]: state.identity.run,
        [attr.pass]: state.ledger.pass,
        [attr.step]: state.progress.step + 1,
      };
      await withSpan('train step', { root: true, links, attributes }, async (span) => {
        const { pixels, labels } = batch.select(rows);
        const inferenceMode = this.#options.bnFrozenAfterFirstEpoch && state.ledger.pass > 0;
        const { loss, correct } = await session.trainStep({
          pixels,
          labels,
          count: rows.length,
          learningRate: state.schedule.learningRate,
          inferenceMode,
        });
        state.schedule.batchDone();
        span.setAttributes({ [attr.loss]: loss });
        state.recordStepTrace(span.traceparent);
        state.progress.recordStep({
          samples: rows.length,
          lossSum: loss * rows.length,
          correct,
          waitedMs,
          computeMs: performance.now() - startedAtMs,
        });
      });
      const applied = rows.map((row) => ({ scanSequence: batch.sequences[row]!, classIndex: batch.labels[row]! }));
      state.ledger.recordApplied(applied);
    }
    const dropped = new Set(delivery.message.dropped.map(({ scanSequence }) => scanSequence));
    state.ledger.recordDropped(
      order.samples.filter(({ scanSequence }) => dropped.has(scanSequence) && !state.ledger.isSettled(scanSequence)),
    );
    held.hold(delivery);
    await events.progress(state.progress, state.ledger.pass, state.schedule.learningRate);
    if (held.count >= MAX_HELD_BATCHES || checkpoints.ageMs > this.#options.checkpointIntervalMs)
      await this.#checkpoint();
  }

  async #validateOn(
    { delivery }: DeliveredBatch,
    tally: ValidationTally,
    champion: Champion | undefined,
  ): Promise<void> {
    const { bus, network, session, state } = this.#parts;
    const { pixels, labels } = await openBatch(bus, delivery.message, network.input);
    if (labels.length > 0) {
      const { probabilities } = await session.evaluate({ pixels, labels, count: labels.length });
      tally.add(probabilities, labels, state.identity.classes.length);
      if (!champion?.ownTransform) await champion?.answer(pixels, labels);
    }
    // A validation leaves no effect that could be lost.
    await releaseBatch(bus, delivery);
  }

  async #completePass(): Promise<void> {
    const { state, index, events } = this.#parts;
    await events.passCompleted(state.ledger);
    state.progress.passesOnSameData++;
    state.schedule.epochDone();
    state.beginPass(index.lastSequence);
  }

  /** Checkpoint first, then the offer: a candidate always has a durable state behind it. */
  async #judge(
    metrics: ValidationMetrics & { sampleSetHash: string },
    pass: number,
    champion: Champion | undefined,
    tally: ValidationTally,
  ): Promise<void> {
    const { state, publisher, events, session } = this.#parts;
    assertFiniteLoss('the network in training', metrics);
    state.progress.validations++;
    const improved = state.earlyStopping.record(metrics.loss);
    state.schedule.validated(metrics.loss);
    const offered = improved || this.#options.candidates === 'every';
    state.pendingPublication = offered
      ? {
          metrics,
          pass,
          decision: decide(metrics, champion?.opponent(), offeredAlias(this.#options.promotion)),
          calibration: tally.calibration(),
        }
      : null;
    await this.#checkpoint();
    const published = await publisher.publishPending(state, () => session.readState());
    await events.validated(state.progress, pass, metrics, state.identity.classes, published);
  }

  async #checkpoint(): Promise<void> {
    const { checkpoints, state, session } = this.#parts;
    await checkpoints.begin(state.toManifest(), () => session.readState());
  }
}
