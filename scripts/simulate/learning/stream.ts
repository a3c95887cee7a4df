import type { DriftAlarm } from '#libs/drift';
import type { Engine } from '#libs/engine';
import { isSignificantlyWorse } from '#libs/evaluation';
import { PHANTOM_CLASSES } from '#libs/imaging';
import type { StreamSettings, TrainingSession } from '#libs/nn';
import { OpenBatch } from '../../../services/trainer/data/open-batch.js';
import { Prequential } from '../../../services/trainer/stream/prequential.js';
import type { ScanStored, StreamEvent } from '../../../services/trainer/stream/stream-event.js';
import type { PrequentialBatch, StepBatch } from '../../../services/trainer/stream/stream-batch.js';
import { StreamPlan, type EventSource } from '../../../services/trainer/stream/stream-plan.js';
import type { StreamSample } from '../../../services/trainer/stream/stream-sample.js';
import { Champion } from './champion.js';
import {
  BATCH_SIZE,
  examine,
  Examinee,
  labelsOf,
  newSession,
  pixelsOf,
  type Accuracies,
  type Row,
} from './learning.js';
import type { Arrival, Scenario } from './scenarios.js';

export interface StreamRunOptions {
  readonly seed: number;
  readonly settings: StreamSettings;
  readonly learningRate: number;
}

/** An alarm, and how many training samples had come since the change by then; 0: a false alarm. */
export interface HeardAlarm {
  readonly stratum: DriftAlarm['stratum'];
  readonly samplesAfter: number;
  /** Those of them that the detector watches. */
  readonly ownSamplesAfter: number;
}

export interface StreamOutcome {
  readonly accuracies: Accuracies;
  /** Accuracies just before the first sample of the new kind was learned; absent when none came. */
  readonly before?: Accuracies;
  readonly sampleStepsPerArrival: number;
  readonly alarms: readonly HeardAlarm[];
  /** Versions promoted. */
  readonly promotions: number;
  /** How often learning went back to the champion. */
  readonly returns: number;
}

/** Scans as the broker would store them: their sequences are their places, from 1. */
const eventOf = ({ picture, split, site, classIndex }: Arrival, index: number): ScanStored => ({
  kind: 'scan',
  sequence: index + 1,
  timeUnixMs: index,
  sampleId: picture.id,
  studyId: '',
  site,
  split,
  label: PHANTOM_CLASSES[classIndex]!,
});

/** Hands out events that have all come; nothing comes behind them. */
class ReadyEvents implements EventSource {
  readonly #events: StreamEvent[];

  constructor(events: readonly StreamEvent[]) {
    this.#events = [...events];
  }

  get idleMs(): number {
    return this.#events.length === 0 ? Infinity : 0;
  }

  next(): StreamEvent | undefined {
    return this.#events.shift();
  }
}

/**
 * Learns a scenario as the trainer does from a stream, without broker and preprocess: its plan decides what is learned
 * when, its detectors hear what the champion answers, the averaged weights are offered to the gate.
 */
export class StreamRun {
  readonly #scenario: Scenario;
  readonly #options: StreamRunOptions;
  readonly #plan: StreamPlan;
  readonly #prequential = new Prequential(PHANTOM_CLASSES);
  readonly #session: TrainingSession;
  readonly #champion: Champion;
  readonly #examinee: Examinee;
  /** Sequence of the first training sample of the new kind; 0: none. */
  readonly #changesAt: number;
  #before: Accuracies | undefined;
  /** The step that the engine makes while the next batch is prepared. */
  #learning: Promise<unknown> = Promise.resolve();
  #sampleSteps = 0;
  #returns = 0;
  readonly #alarms: HeardAlarm[] = [];

  private constructor(engine: Engine, session: TrainingSession, scenario: Scenario, options: StreamRunOptions) {
    const { seed, settings } = options;
    this.#scenario = scenario;
    this.#options = options;
    this.#session = session;
    const memory = {
      seed,
      classes: PHANTOM_CLASSES,
      replaySize: settings.memorySize,
      heldOutSize: settings.heldOutSize,
    };
    const events = new ReadyEvents(scenario.arrivals.map(eventOf));
    this.#plan = new StreamPlan(
      events,
      { ...settings, batchSize: BATCH_SIZE, pauseMs: 1, newClassSamples: 0 },
      memory,
      0,
    );
    this.#champion = new Champion(engine);
    this.#examinee = new Examinee(engine);
    this.#changesAt = 1 + scenario.arrivals.findIndex(({ isNew, split }) => isNew && split === 'SPLIT_TRAIN');
  }

  static async of(engine: Engine, scenario: Scenario, options: StreamRunOptions): Promise<StreamOutcome> {
    const { seed, settings, learningRate } = options;
    const session = await newSession(engine, { seed, averageDecay: settings.averageDecay, learningRate });
    const run = new StreamRun(engine, session, scenario, options);
    try {
      return await run.#learn();
    } finally {
      await run.#champion[Symbol.asyncDispose]();
      await run.#examinee[Symbol.asyncDispose]();
      await session.close();
    }
  }

  async #learn(): Promise<StreamOutcome> {
    const plan = this.#plan;
    for (let isOver = false; !isOver; ) {
      isOver = true;
      for (const batch of plan.batches()) {
        isOver = false;
        if (batch.purpose === 'step') await this.#step(batch);
        else await this.#predict(batch);
      }
      await this.#learning;
      plan.settleRest();
      if (plan.roundIsDue) {
        isOver = false;
        await this.#offer();
      }
    }
    const trained = this.#scenario.arrivals.filter(({ split }) => split === 'SPLIT_TRAIN').length;
    return {
      accuracies: await this.#examined(),
      ...(this.#before && { before: this.#before }),
      sampleStepsPerArrival: this.#sampleSteps / trained,
      alarms: this.#alarms,
      promotions: this.#champion.promotions,
      returns: this.#returns,
    };
  }

  async #predict({ samples }: PrequentialBatch): Promise<void> {
    const rows = this.#rows(samples);
    const pixels = pixelsOf(rows);
    const sequences = samples.map(({ scanSequence }) => scanSequence);
    const batch = new OpenBatch(pixels, pixels.length / rows.length, sequences, labelsOf(rows));
    await this.#prequential.predict(batch, samples, (images, count) => this.#champion.answer(images, count));
  }

  async #step(step: StepBatch): Promise<void> {
    const { samples, arrivals } = step;
    const isChange = this.#changesAt > 0 && arrivals.some(({ scanSequence }) => scanSequence >= this.#changesAt);
    if (isChange && !this.#before) this.#before = await this.#examined();
    const rows = this.#rows(samples);
    const pixels = pixelsOf(rows, { seed: this.#options.seed, epoch: step.epoch });
    await this.#learning;
    this.#learning = this.#session.trainStep({ pixels, labels: labelsOf(rows), count: rows.length });
    this.#sampleSteps += rows.length;
    this.#plan.settle(step);
    for (const alarm of this.#prequential.settle(arrivals).drifts) this.#hear(alarm, arrivals.at(-1)!);
  }

  #hear({ stratum }: DriftAlarm, { scanSequence }: StreamSample): void {
    const [kind, name] = stratum.split(':');
    const isOwn = ({ site, classIndex }: Arrival): boolean =>
      kind === 'all' || (kind === 'site' ? site === name : PHANTOM_CLASSES[classIndex] === name);
    const since =
      this.#changesAt === 0
        ? []
        : this.#scenario.arrivals
            .slice(this.#changesAt - 1, scanSequence)
            .filter(({ split }) => split === 'SPLIT_TRAIN');
    this.#alarms.push({
      stratum,
      samplesAfter: since.length,
      ownSamplesAfter: since.filter(isOwn).length,
    });
  }

  /** The averaged weights are judged beside the champion; clearly worse ones send learning back to it. */
  async #offer(): Promise<void> {
    const samples = this.#plan.settled.labelled('SPLIT_GATE');
    const offered = await this.#session.readAverage();
    const { promoted, outcomes } = await this.#champion.challenge(offered, this.#rows(samples));
    this.#plan.beginRound();
    if (promoted) this.#prequential.watch(`version ${this.#champion.promotions}`, { isBetter: true });
    if (!outcomes || !isSignificantlyWorse(outcomes)) return;
    this.#returns++;
    await this.#session.writeState({ weights: this.#champion.weights! });
  }

  async #examined(): Promise<Accuracies> {
    await this.#examinee.take(await this.#session.readAverage());
    return await examine(this.#examinee, this.#scenario.tests);
  }

  #rows(samples: readonly StreamSample[]): Row[] {
    return samples.map(({ scanSequence, classIndex }) => ({
      picture: this.#scenario.arrivals[scanSequence - 1]!.picture,
      classIndex: classIndex!,
    }));
  }
}
