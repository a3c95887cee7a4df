import type { StreamSettings } from '#libs/nn';
import type { BatchContent } from '../data/batch-exchange.js';
import type { EventFeed } from './event-feed.js';
import type { StreamEvent } from './stream-event.js';
import { StreamMemory, type StreamMemoryOptions, type StreamMemoryRecord } from './stream-memory.js';
import type { StreamSample } from './stream-sample.js';

/** A training step of the stream. */
export interface StepBatch extends BatchContent {
  readonly purpose: 'step';
  /** Whether it belongs to the epochs over the first samples. */
  readonly isWarmUp: boolean;
  /** Number of the step, from 1. */
  readonly step: number;
  /** What is taken in with it. */
  readonly events: readonly StreamEvent[];
  readonly samples: readonly StreamSample[];
  /** Samples that are new with it, first in the batch. */
  readonly arrivals: readonly StreamSample[];
}

/** New samples to be predicted before they are learned from. */
export interface PrequentialBatch extends BatchContent {
  readonly purpose: 'prequential';
  readonly samples: readonly StreamSample[];
}

/** What a checkpoint keeps of a plan. */
export interface StreamPlanRecord {
  memory: StreamMemoryRecord;
  /** Samples that the memory made known as new and that no step has learned yet: those of a study labelled at once. */
  pending: StreamSample[];
  /** Steps of the beginning that are left, all on replayed samples; null: the beginning is still waited for. */
  warmUpStepsLeft: number | null;
  /** New samples since the averaged weights were offered last. */
  arrivalsSinceRound: number;
  isOfferedAfterWarmUp?: boolean;
}

/** Where events come from: each once, in the order in which they were stored. */
export type EventSource = Pick<EventFeed, 'next' | 'idleMs'>;

/** Steps whose new samples are predicted in one batch, at most. */
const MAX_PREDICTED_TOGETHER = 16;

/** Pauses that fewer first samples than wanted are waited with, where they come one by one and never pause. */
const PAUSES_OF_A_TRICKLE = 6;

/** What a plan goes by. */
export interface StreamPlanSettings extends StreamSettings {
  readonly batchSize: number;
  /** Fewer samples than wanted are gone on with when nothing has come for this long. */
  readonly pauseMs: number;
  /** Samples with a label outside the class list from which that class is new; 0: never. */
  readonly newClassSamples: number;
}

/**
 * What a stream trainer learns next: first some epochs over the first samples, then each new one with a few replayed.
 *
 * It keeps the memory twice: as planned, ahead of the training by what is requested, and as settled, which is what the
 * weights have learned: a checkpoint has that one. Both take in the same events at the same steps.
 */
export class StreamPlan {
  readonly #feed: EventSource;
  readonly #settings: StreamPlanSettings;
  readonly #planned: StreamMemory;
  readonly #settled: StreamMemory;
  /** Steps planned. */
  #plannedSteps: number;
  #warmUpPlannedLeft: number | null;
  #warmUpSettledLeft: number | null;
  #arrivalsSinceRound: number;
  /** The same, of what is planned. */
  #plannedSinceRound: number;
  /** Events that the plan has taken in and no step carries yet. */
  #openEvents: StreamEvent[] = [];
  /** New samples that no step has yet: as planned, and as settled. */
  #openArrivals: StreamSample[];
  #pending: StreamSample[];
  #ready: (StepBatch | PrequentialBatch)[] = [];
  /** Whether the averaged weights are offered behind the epochs over the first samples. */
  #isOfferedAfterWarmUp: boolean;
  /** Since when there are first samples for a batch. */
  #gatheringSinceMs: number | undefined;

  /** @param steps made before: those of the checkpoint */
  constructor(
    feed: EventSource,
    settings: StreamPlanSettings,
    memory: StreamMemoryOptions,
    steps: number,
    record?: StreamPlanRecord,
  ) {
    this.#feed = feed;
    this.#settings = settings;
    this.#planned = new StreamMemory(memory, record?.memory);
    this.#settled = new StreamMemory(memory, record?.memory);
    this.#openArrivals = [...(record?.pending ?? []), ...this.#planned.takeKnown()];
    this.#pending = [...(record?.pending ?? []), ...this.#settled.takeKnown()];
    this.#plannedSteps = steps;
    this.#warmUpPlannedLeft = this.#warmUpSettledLeft = record ? record.warmUpStepsLeft : null;
    this.#arrivalsSinceRound = this.#plannedSinceRound = record?.arrivalsSinceRound ?? 0;
    this.#isOfferedAfterWarmUp = record?.isOfferedAfterWarmUp ?? true;
  }

  /** What the weights have learned from. */
  get settled(): StreamMemory {
    return this.#settled;
  }

  /** Labels outside the class list that enough samples wait with: nothing is planned until the class list has them. */
  get newClasses(): string[] {
    const { newClassSamples } = this.#settings;
    if (newClassSamples === 0) return [];
    const found = [...this.#planned.unknownLabels].filter(([, count]) => count >= newClassSamples);
    return found.map(([name]) => name).sort();
  }

  /** Scans that are still needed: those in the memory, and new ones that no step has learned yet. */
  *retained(): Generator<number> {
    yield* this.#settled.retained();
    for (const { scanSequence } of this.#pending) yield scanSequence;
  }

  get arrivalsSinceRound(): number {
    return this.#arrivalsSinceRound;
  }

  /** True while the first samples are waited for or learned in epochs. */
  get isWarmingUp(): boolean {
    return this.#warmUpSettledLeft !== 0;
  }

  /** Whether all that was planned is settled and the averaged weights are due to be offered. */
  get roundIsDue(): boolean {
    return this.#warmUpSettledLeft === 0 && this.#arrivalsSinceRound >= this.#settings.roundArrivals;
  }

  /** The batches that can be requested now; it ends when a round is due or events are missing. */
  *batches(): Generator<StepBatch | PrequentialBatch, void> {
    for (;;) {
      if (this.#ready.length === 0) this.#planMore();
      const next = this.#ready.shift();
      if (!next) return;
      yield next;
    }
  }

  /** A step had its effect, or was refused for good. */
  settle({ events, arrivals, samples, isWarmUp }: StepBatch): void {
    this.#takeIn(events);
    this.#settled.countLearned(samples);
    const learned = new Set(arrivals.map(({ id }) => id));
    this.#pending = this.#pending.filter(({ id }) => !learned.has(id));
    this.#arrivalsSinceRound += arrivals.length;
    // What the first samples taught is offered at once.
    if (isWarmUp && --this.#warmUpSettledLeft! === 0 && this.#isOfferedAfterWarmUp)
      this.#arrivalsSinceRound = this.#settings.roundArrivals;
  }

  /** Everything requested is settled: what no step will carry, such as held-out samples, is taken in as it is. */
  settleRest(): void {
    if (this.#warmUpPlannedLeft === null) return;
    this.#takeIn(this.#openEvents);
    this.#openEvents = [];
  }

  /** The averaged weights were offered. */
  beginRound(): void {
    this.#arrivalsSinceRound = this.#plannedSinceRound = 0;
  }

  toRecord(): StreamPlanRecord {
    return {
      memory: this.#settled.toRecord(),
      pending: this.#pending,
      warmUpStepsLeft: this.#warmUpSettledLeft,
      arrivalsSinceRound: this.#arrivalsSinceRound,
      isOfferedAfterWarmUp: this.#isOfferedAfterWarmUp,
    };
  }

  #planMore(): void {
    if (this.#warmUpPlannedLeft === null && !this.#gatherFirst()) return;
    if (this.#warmUpPlannedLeft! > 0) {
      this.#ready.push(this.#step([], true));
      if (--this.#warmUpPlannedLeft! === 0 && this.#isOfferedAfterWarmUp)
        this.#plannedSinceRound = this.#settings.roundArrivals;
      return;
    }
    const steps: StepBatch[] = [];
    while (steps.length < MAX_PREDICTED_TOGETHER && this.#plannedSinceRound < this.#settings.roundArrivals) {
      const step = this.#nextStep();
      if (!step) break;
      steps.push(step);
    }
    const arrivals = steps.flatMap((step) => step.arrivals);
    if (arrivals.length === 0) return;
    this.#ready.push({ purpose: 'prequential', epoch: 0, split: 'SPLIT_VALIDATION', samples: arrivals }, ...steps);
  }

  /** Takes in the first samples; true when there are enough to begin with, or nothing more comes. */
  #gatherFirst(): boolean {
    const { warmUp, batchSize, pauseMs } = this.#settings;
    while (this.#planned.arrivals < warmUp.samples && this.newClasses.length === 0) {
      const event = this.#feed.next();
      if (!event) break;
      this.#planned.apply(event);
      this.#settled.apply(event);
    }
    const { arrivals, replaySize } = this.#planned;
    if (arrivals < batchSize || replaySize === 0) return false;
    const nowMs = performance.now();
    this.#gatheringSinceMs ??= nowMs;
    const allCame = arrivals >= warmUp.samples || this.#feed.idleMs > pauseMs;
    if (!allCame && nowMs - this.#gatheringSinceMs < PAUSES_OF_A_TRICKLE * pauseMs) return false;
    const steps = Math.ceil((replaySize * warmUp.epochs) / batchSize);
    this.#warmUpPlannedLeft = this.#warmUpSettledLeft = steps;
    // What few samples of a trickle have taught is not worth a version yet: more come.
    this.#isOfferedAfterWarmUp = allCame;
    if (steps === 0 && allCame) this.#arrivalsSinceRound = this.#plannedSinceRound = this.#settings.roundArrivals;
    return true;
  }

  #nextStep(): StepBatch | undefined {
    const { batchSize, replayedPerArrival, pauseMs } = this.#settings;
    const wanted = batchSize / (replayedPerArrival + 1);
    while (this.#openArrivals.length < wanted && this.newClasses.length === 0) {
      const event = this.#feed.next();
      if (!event) break;
      this.#openEvents.push(event);
      this.#openArrivals.push(...this.#planned.apply(event));
    }
    const complete = this.#openArrivals.length >= wanted;
    if (!complete && this.newClasses.length > 0) return undefined;
    if (!complete && (this.#openArrivals.length === 0 || this.#feed.idleMs < pauseMs)) return undefined;
    return this.#step(this.#openArrivals.splice(0, wanted), false);
  }

  #step(arrivals: readonly StreamSample[], isWarmUp: boolean): StepBatch {
    const step = ++this.#plannedSteps;
    const { batchSize } = this.#settings;
    const isNew = new Set(arrivals.map(({ id }) => id));
    const drawn = this.#planned.draw(step, batchSize).filter(({ id }) => !isNew.has(id));
    const samples = [...arrivals, ...drawn.slice(0, batchSize - arrivals.length)];
    this.#planned.countLearned(samples);
    const events = this.#openEvents;
    this.#openEvents = [];
    this.#plannedSinceRound += arrivals.length;
    // Augmentation is drawn by epoch and sample: a sample that is replayed looks different each time.
    return { purpose: 'step', isWarmUp, step, epoch: step, split: 'SPLIT_TRAIN', events, arrivals, samples };
  }

  #takeIn(events: readonly StreamEvent[]): void {
    for (const event of events) this.#pending.push(...this.#settled.apply(event));
  }
}
