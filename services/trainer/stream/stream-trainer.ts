import type { DeliveredBatch } from '../data/batch-exchange.js';
import { releaseBatch } from '../data/held-batches.js';
import { openBatch } from '../data/open-batch.js';
import { Round } from './round.js';
import type { PrequentialBatch, StepBatch } from './stream-batch.js';
import { StreamCheckpoints } from './stream-checkpoints.js';
import type { StreamOptions, StreamParts } from './stream-parts.js';
import { trainStreamStep } from './stream-step.js';

/** How often the trainer looks whether it has been quiet for long enough. */
const LOOK_MS = 1000;

/**
 * Learns from a stream without end. Each new sample is predicted, then learned once with a few replayed ones; after a
 * number of them the averaged weights are offered. The cost of a sample does not depend on how many came before.
 */
export class StreamTrainer {
  readonly #parts: StreamParts;
  readonly #options: StreamOptions;
  readonly #checkpoints: StreamCheckpoints;
  readonly #round: Round;
  #message = '';
  #caughtUpWith = 0;

  constructor(parts: StreamParts, options: StreamOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#checkpoints = new StreamCheckpoints(parts, options);
    this.#round = new Round(parts, options, this.#checkpoints);
  }

  /**
   * Learns until the signal aborts, or until there are samples enough of a class that the network does not know; the
   * last state is checkpointed then, in the latter case with the longer class list.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { plan, feed, events, state } = this.#parts;
    try {
      await this.#round.resume();
      while (!signal.aborted) {
        const learned = await this.#learn(signal);
        if (plan.newClasses.length > 0) {
          const names = plan.newClasses;
          await events.newClasses(names);
          state.grownClasses = [...state.identity.classes, ...names];
          await this.#checkpoints.save();
          return;
        }
        if (plan.roundIsDue || this.#isQuietEnough()) await this.#round.offer(signal);
        else if (!learned) await this.#wait(feed.idleMs, signal);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      if (signal.aborted) {
        await events.state('stopping', 'storing a last checkpoint');
        await this.#checkpoints.save();
      }
      await this.#checkpoints.settled();
      await this.#round.close();
    }
  }

  /** Learns what is there now; false when there was nothing. */
  async #learn(signal: AbortSignal): Promise<boolean> {
    const { exchange, plan, events } = this.#parts;
    let learned = false;
    for await (const delivered of exchange.batches(plan.batches(), signal)) {
      learned = true;
      if (isStep(delivered)) {
        await this.#say('busy', plan.isWarmingUp ? 'learning the first samples in epochs' : 'learning from the stream');
        await trainStreamStep(this.#parts, delivered);
        await this.#checkpoints.saveWhenDue();
      } else if (isPrequential(delivered)) await this.#predict(delivered);
    }
    signal.throwIfAborted();
    plan.settleRest();
    await events.waiting(plan.settled.waiting, this.#options.newClassSamples);
    return learned;
  }

  async #predict({ requested, delivery }: DeliveredBatch<PrequentialBatch>): Promise<void> {
    const { bus, network, session, prequential } = this.#parts;
    const batch = await openBatch(bus, delivery.message, network.input);
    const inTraining = async (pixels: Uint8Array, count: number): Promise<Float32Array> =>
      (await session.evaluate({ pixels, labels: batch.labels, count })).probabilities;
    await prequential.predict(batch, requested.samples, this.#round.championAnswer ?? inTraining);
    // A prediction leaves no effect that could be lost.
    await releaseBatch(bus, delivery);
  }

  /** A few new samples are not worth an offer, which costs as much as many do. */
  #isQuietEnough(): boolean {
    const { plan, feed } = this.#parts;
    const isWorthIt = plan.arrivalsSinceRound >= this.#options.roundArrivals / 4;
    return !plan.isWarmingUp && isWorthIt && feed.idleMs > this.#options.pauseMs;
  }

  async #wait(idleMs: number, signal: AbortSignal): Promise<void> {
    const { plan, feed } = this.#parts;
    const { arrivals, unlabelledCount } = plan.settled;
    const waiting = unlabelledCount > 0 ? `; ${unlabelledCount} images wait for a label of the class list` : '';
    const { warmUp, batchSize } = this.#options;
    const message = plan.isWarmingUp
      ? `waiting for labelled images: ${arrivals} of ${warmUp.samples} to begin with, or ${batchSize} and a pause`
      : `${arrivals} images learned: waiting for new ones`;
    if (idleMs > LOOK_MS) await this.#say('idle', `${message}${waiting}`);
    if (idleMs > this.#options.pauseMs && !plan.isWarmingUp) await this.#tellCaughtUp();
    await this.#checkpoints.saveWhenQuiet();
    await feed.changed(LOOK_MS, signal);
  }

  /** Told once for all that has come: whoever waits knows that everything was seen. */
  async #tellCaughtUp(): Promise<void> {
    const { plan, state, events, exchange, held } = this.#parts;
    const { scan } = plan.settled.cursor;
    if (scan === this.#caughtUpWith) return;
    this.#caughtUpWith = scan;
    if (held.count === 0) await exchange.sweep();
    const { arrivals } = plan.settled;
    await events.progress(state.progress, 0, state.schedule.learningRate, { force: true, arrivals });
    await events.finished(state.progress, 'caught_up', 0, scan);
  }

  /** A state is told when it changes. */
  async #say(state: 'idle' | 'busy', message: string): Promise<void> {
    if (message === this.#message) return;
    this.#message = message;
    await this.#parts.events.state(state, message);
  }
}

const isStep = (delivered: DeliveredBatch<StepBatch | PrequentialBatch>): delivered is DeliveredBatch<StepBatch> =>
  delivered.requested.purpose === 'step';

const isPrequential = (
  delivered: DeliveredBatch<StepBatch | PrequentialBatch>,
): delivered is DeliveredBatch<PrequentialBatch> => delivered.requested.purpose === 'prequential';
