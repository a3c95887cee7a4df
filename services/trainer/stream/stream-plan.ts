import type { StreamSettings } from '#libs/nn';
import type { EventFeed } from './event-feed.js';
import type { PrequentialBatch, StepBatch } from './stream-batch.js';
import type { StreamEvent } from './stream-event.js';
import { StreamMemory, type StreamMemoryOptions, type StreamMemoryRecord } from './stream-memory.js';
import type { StreamSample } from './stream-sample.js';
import { WarmUp, type WarmUpRecord } from './warm-up.js';

/** What a checkpoint keeps of a plan. */
export interface StreamPlanRecord extends WarmUpRecord {
  memory: StreamMemoryRecord;
  /** Samples that the memory made known as new and that no step has learned yet: those of a study labelled at once. */
  pending: StreamSample[];
  /** New samples since the averaged weights were offered last. */
  arrivalsSinceRound: number;
}

/** Where events come from: each once, in the order in which they were stored. */
export type EventSource = Pick<EventFeed, 'next' | 'idleMs'>;

/** Steps whose new samples are predicted in one batch, at most. */
const MAX_PREDICTED_TOGETHER = 16;

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
  readonly #warmUp: WarmUp;
  #arrivalsSinceRound: number;
  /** The same, of what is planned. */
  #plannedSinceRound: number;
  /** Events that the plan has taken in and no step carries yet. */
  #openEvents: StreamEvent[] = [];
  /** New samples that no step has yet: as planned, and as settled. */
  #openArrivals: StreamSample[];
  #pending: StreamSample[];
  #ready: (StepBatch | PrequentialBatch)[] = [];

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
    this.#warmUp = new WarmUp(settings, record);
    this.#arrivalsSinceRound = this.#plannedSinceRound = record?.arrivalsSinceRound ?? 0;
  }

  /** What the weights have learned from. */
  get settled(): StreamMemory {
    return this.#settled;
  }

  /** Whether a sample was withdrawn: what has been requested of it is not learned from. */
  isWithdrawn(sampleId: string): boolean {
    return this.#planned.isWithdrawn(sampleId);
  }

  /** Labels outside the class list that enough samples wait with: nothing is planned until the class list has them. */
  get newClasses(): string[] {
    const { newClassSamples } = this.#settings;
    if (newClassSamples === 0) return [];
    const found = [...this.#planned.waiting.unknownLabels].filter(([, count]) => count >= newClassSamples);
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
    return !this.#warmUp.isOver;
  }

  /** Whether all that was planned is settled and the averaged weights are due to be offered. */
  get roundIsDue(): boolean {
    return this.#warmUp.isOver && this.#arrivalsSinceRound >= this.#settings.roundArrivals;
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
    if (!isWarmUp) return;
    this.#warmUp.settleStep();
    // What the first samples taught is offered at once.
    if (this.#warmUp.isOver && this.#warmUp.isOffered) this.#arrivalsSinceRound = this.#settings.roundArrivals;
  }

  /** Everything requested is settled: what no step will carry, such as held-out samples, is taken in as it is. */
  settleRest(): void {
    if (!this.#warmUp.hasBegun) return;
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
      pending: [...this.#pending],
      ...this.#warmUp.toRecord(),
      arrivalsSinceRound: this.#arrivalsSinceRound,
    };
  }

  #planMore(): void {
    if (!this.#warmUp.hasBegun) this.#gatherFirst();
    if (!this.#warmUp.hasBegun) return;
    if (!this.#warmUp.isPlanned) {
      this.#ready.push(this.#step([], true));
      this.#warmUp.planStep();
      if (this.#warmUp.isPlanned) this.#endWarmUp();
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

  /** Takes in the first samples. */
  #gatherFirst(): void {
    while (this.#planned.arrivals < this.#settings.warmUp.samples && this.newClasses.length === 0) {
      const event = this.#feed.next();
      if (!event) break;
      this.#planned.apply(event);
      this.#settled.apply(event);
    }
    this.#warmUp.tryToBegin(this.#planned.arrivals, this.#planned.replaySize, this.#feed.idleMs);
    if (this.#warmUp.isPlanned) {
      this.#endWarmUp();
      this.#arrivalsSinceRound = this.#plannedSinceRound;
    }
  }

  /** Nothing more is planned until what the first samples taught is offered. */
  #endWarmUp(): void {
    if (this.#warmUp.isOffered) this.#plannedSinceRound = this.#settings.roundArrivals;
  }

  #nextStep(): StepBatch | undefined {
    const { batchSize, replayedPerArrival, pauseMs } = this.#settings;
    const wanted = batchSize / (replayedPerArrival + 1);
    while (this.#openArrivals.length < wanted && this.newClasses.length === 0) {
      const event = this.#feed.next();
      if (!event) break;
      this.#openEvents.push(event);
      this.#openArrivals.push(...this.#planned.apply(event));
      if (event.kind === 'label' && event.withdrawn)
        this.#openArrivals = this.#openArrivals.filter(({ id }) => id !== event.sampleId);
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
    for (const event of events) {
      this.#pending.push(...this.#settled.apply(event));
      if (event.kind === 'label' && event.withdrawn)
        this.#pending = this.#pending.filter(({ id }) => id !== event.sampleId);
    }
  }
}
