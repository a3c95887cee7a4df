import { codecs, type DeadLetter, type ModelEvent, type PipelineEvent, type Split } from '#libs/contracts';
import { describeAlarm } from './describe-alarm.js';
import { TrainingHistory } from './training-history.js';

type Body<K extends keyof PipelineEvent> = NonNullable<PipelineEvent[K]>;

/** Counts of images that were offered. offered = ingested + duplicates + rejected. */
export interface IngestCounts {
  offered: number;
  ingested: number;
  duplicates: number;
  rejected: number;
  train: number;
  validation: number;
  gate: number;
  test: number;
}

export interface ModelRecord {
  version: string;
  loss: number;
  accuracy: number;
  promoted: boolean;
}

export interface DeadLetterNote {
  service: string;
  code: string;
  cause: string;
  source: string;
}

/** A sentence for people, and when it was said. */
export interface Told {
  text: string;
  timeUnixMs: number;
}

const HISTORY_LENGTH = 240;
const KEPT_DEAD_LETTERS = 5;
const KEPT_ALARMS = 3;
const KEPT_NOTES = 3;

const NO_COUNTS: IngestCounts = {
  offered: 0,
  ingested: 0,
  duplicates: 0,
  rejected: 0,
  train: 0,
  validation: 0,
  gate: 0,
  test: 0,
};

/** What is known of the pipeline from what its services report; views and summaries read it. */
export class PipelineState {
  /** Imports that have told their last counts. */
  importsDone = 0;
  /** What each service said of itself last. */
  readonly services = new Map<string, Body<'state'>>();
  /** Model versions in order of publication. */
  readonly models = new Map<string, ModelRecord>();
  readonly lossHistory: number[] = [];
  readonly accuracyHistory: number[] = [];
  /** The whole course of the training, for reports. */
  readonly history = new TrainingHistory();
  training: Body<'training'> | undefined;
  validation: Body<'validation'> | undefined;
  /** Set while the trainer has nothing more to learn. */
  finished: Body<'finished'> | undefined;
  /** The latest alarms, oldest first. */
  readonly alarms: Told[] = [];
  /** Alarms so far. */
  alarmCount = 0;
  /** The latest of what services said that is not the usual course of things, oldest first. */
  readonly notes: Told[] = [];
  /** Such notes so far. */
  noteCount = 0;
  /** What the trainer cannot learn from for want of a label. */
  waiting: Body<'waiting'> | undefined;
  epochsCompleted = 0;
  /** The shadow version beside the one in service, as compared last. */
  shadow: Body<'shadow'> | undefined;
  /** How full SCANS is and what the archiver has done about it, as it said last. */
  archive: Body<'archive'> | undefined;
  /** Samples that took effect twice within an epoch: a defect when not 0. */
  repeatedSamples = 0;
  servedVersion = '';
  /** Versions that began to serve. */
  swaps = 0;
  deadLetterCount = 0;
  readonly latestDeadLetters: DeadLetterNote[] = [];
  /** Samples that were accepted at ingest and given up later, with their split where it is known. */
  readonly lostSamples = new Map<string, Split | undefined>();
  readonly #ingest = new Map<string, Body<'ingest'>>();
  readonly #preprocess = new Map<string, Body<'preprocess'>>();
  readonly #predictors = new Map<string, { progress: Body<'predictor'>; timeUnixMs: number }>();

  /** Counts over all imports, uploads and watched folders, whichever process took them in. */
  get ingest(): IngestCounts {
    return [...this.#ingest.values()].reduce(addCounts, NO_COUNTS);
  }

  /** What trains, as the trainer says; empty before it has. */
  get engine(): string {
    return this.services.get('trainer')?.engine ?? '';
  }

  /** What its steps are spread over, as the trainer says; empty before it has. */
  get devices(): readonly string[] {
    return this.services.get('trainer')?.devices ?? [];
  }

  get preprocess(): { batches: number; samples: number; decoded: number } {
    const total = { batches: 0, samples: 0, decoded: 0 };
    for (const { batches, samples, decoded } of this.#preprocess.values()) {
      total.batches += batches;
      total.samples += samples;
      total.decoded += decoded;
    }
    return total;
  }

  /** Rate and median time of the predictor that reported last. */
  get predictor(): Body<'predictor'> | undefined {
    return [...this.#predictors.values()].sort((a, b) => b.timeUnixMs - a.timeUnixMs)[0]?.progress;
  }

  applyEvent(event: PipelineEvent): void {
    const { service, instance, timeUnixMs } = event;
    if (event.state) this.services.set(service, { ...event.state, ...this.#engineOf(service, event.state) });
    if (event.state?.notable) {
      this.noteCount++;
      this.notes.push({ text: `${service}: ${event.state.message}`, timeUnixMs });
      this.notes.splice(0, this.notes.length - KEPT_NOTES);
    }
    if (event.waiting) this.waiting = event.waiting;
    if (event.ingest) {
      this.#ingest.set(`${instance}/${event.ingest.importId}`, event.ingest);
      if (event.ingest.done) this.importsDone++;
    }
    if (event.preprocess) this.#preprocess.set(instance, event.preprocess);
    if (event.training) this.#applyTraining(event.training, timeUnixMs);
    if (event.validation) {
      this.validation = event.validation;
      this.history.addValidation({ ...event.validation, timeUnixMs });
    }
    if (event.epoch) {
      this.epochsCompleted++;
      this.repeatedSamples += event.epoch.repeated;
    }
    if (event.predictor) this.#predictors.set(instance, { progress: event.predictor, timeUnixMs });
    if (event.swap && event.swap.version !== this.servedVersion) {
      this.servedVersion = event.swap.version;
      this.swaps++;
    }
    const alarm = describeAlarm(event);
    if (alarm !== undefined) {
      this.alarmCount++;
      this.alarms.push({ text: alarm, timeUnixMs });
      this.alarms.splice(0, this.alarms.length - KEPT_ALARMS);
    }
    if (event.shadow) this.shadow = event.shadow;
    if (event.archive) this.archive = event.archive;
    if (event.finished) this.finished = event.finished;
  }

  /** One that tells of its state without what computes, as of a stall, has what it had. */
  #engineOf(service: string, { state, engine, devices }: Body<'state'>): Pick<Body<'state'>, 'engine' | 'devices'> {
    const before = this.services.get(service);
    const isAboutStall = state === 'stalled' || before?.state === 'stalled';
    return before && engine === '' && isAboutStall
      ? { engine: before.engine, devices: before.devices }
      : { engine, devices };
  }

  applyModelEvent({ kind, version, alias, validationLoss, validationAccuracy }: ModelEvent): void {
    const known = this.models.get(version);
    if (kind === 'KIND_PUBLISHED' && !known)
      this.models.set(version, { version, loss: validationLoss, accuracy: validationAccuracy, promoted: false });
    if (kind === 'KIND_PROMOTED' && alias === 'champion' && known) known.promoted = true;
  }

  applyDeadLetter(letter: DeadLetter): void {
    const { service, code, cause, source } = letter;
    this.deadLetterCount++;
    this.latestDeadLetters.push({ service, code, cause, source });
    this.latestDeadLetters.splice(0, this.latestDeadLetters.length - KEPT_DEAD_LETTERS);
    if (service === 'preprocess') this.#applyLostSample(letter);
  }

  #applyTraining(progress: Body<'training'>, timeUnixMs: number): void {
    this.training = progress;
    this.history.addTraining({ ...progress, timeUnixMs });
    this.finished = undefined;
    for (const [history, value] of [
      [this.lossHistory, progress.loss],
      [this.accuracyHistory, progress.accuracy],
    ] as const) {
      history.push(value);
      history.splice(0, history.length - HISTORY_LENGTH);
    }
  }

  /** The same sample may be given up in several epochs: it counts once. */
  #applyLostSample({ source, originalType, original }: DeadLetter): void {
    if (originalType !== codecs.Scan.typeName) return;
    try {
      const scan = codecs.Scan.decode(original?.inline as Uint8Array);
      this.lostSamples.set(scan.sampleId, scan.split);
    } catch {
      this.lostSamples.set(source, undefined);
    }
  }
}

function addCounts(total: IngestCounts, counts: IngestCounts): IngestCounts {
  return {
    offered: total.offered + counts.offered,
    ingested: total.ingested + counts.ingested,
    duplicates: total.duplicates + counts.duplicates,
    rejected: total.rejected + counts.rejected,
    train: total.train + counts.train,
    validation: total.validation + counts.validation,
    gate: total.gate + counts.gate,
    test: total.test + counts.test,
  };
}
