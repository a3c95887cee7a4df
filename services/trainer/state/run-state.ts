import { canonicalJson } from '#libs/canonical-json';
import { SulcusError } from '#libs/errors';
import type { LineageWriter } from '#libs/lineage';
import { LearningRateSchedule, type ScheduleConfig } from '#libs/nn';
import { Ledger, type LabelledSample } from '../data/ledger.js';
import type { PendingPublication } from '../publishing/pending-publication.js';
import type { ChosenBatchSize } from '../recipe/batch-size.js';
import type { CheckpointManifest } from './checkpoints.js';
import { mayGrow } from './grown-classes.js';
import type { Lineage } from './lineage.js';
import { EarlyStopping } from './early-stopping.js';
import { Progress } from './progress.js';

/** Training steps that a publication links to at most: enough for any epoch of moderate size. */
const MAX_LINKED_STEPS = 512;

/** What identifies a run: a checkpoint of anything else cannot be continued. */
export interface RunIdentity {
  run: string;
  recipe: Record<string, unknown>;
  classes: readonly string[];
  seed: number;
  patience: number | undefined;
  /** Rate of the first step. */
  learningRate: number;
  schedule: ScheduleConfig | undefined;
}

/** The state of a run beside its tensors: what the manifest of a checkpoint is made of and restored to. */
export class RunState {
  readonly identity: RunIdentity;
  /** Where the samples that had their effect are listed. */
  readonly learned: LineageWriter | undefined;
  ledger: Ledger;
  #completedLedger: Ledger | null;
  readonly progress: Progress;
  readonly earlyStopping: EarlyStopping;
  readonly schedule: LearningRateSchedule;
  dataFingerprint: string;
  pendingPublication: PendingPublication | null;
  parentVersion: string | null;
  /** The class list that the run goes on with from its next start, when it has grown. */
  grownClasses: readonly string[] | undefined;
  /** How many images a step has, where the recipe leaves it open. */
  batchSize: ChosenBatchSize | undefined;
  /** Where the samples of a run that learns from a stream are told of. */
  stream: { toRecord(): object; readonly lineage: Lineage } | undefined;
  #stepTraceparents: string[];

  /** @throws INVALID_CONFIG when the manifest is of another recipe, class list or seed */
  constructor(identity: RunIdentity, manifest?: CheckpointManifest, learned?: LineageWriter) {
    if (manifest) assertSameRun(identity, manifest);
    this.identity = identity;
    this.learned = learned;
    this.ledger = manifest ? Ledger.fromRecord(manifest.ledger) : new Ledger(0, 0);
    this.#completedLedger = manifest?.completedLedger ? Ledger.fromRecord(manifest.completedLedger) : null;
    this.progress = new Progress(manifest?.progress);
    this.earlyStopping = new EarlyStopping(identity.patience, manifest?.earlyStopping);
    this.schedule = new LearningRateSchedule(identity.schedule, identity.learningRate, manifest?.schedule);
    this.dataFingerprint = manifest?.dataFingerprint ?? '';
    this.pendingPublication = manifest?.pendingPublication ?? null;
    this.parentVersion = manifest?.parentVersion ?? null;
    this.batchSize = manifest?.batchSize;
    this.#stepTraceparents = [...(manifest?.stepTraceparents ?? [])];
  }

  /** Ends the current epoch and begins the next with the samples known by now. */
  beginEpoch(snapshotSequence: number): void {
    this.#completedLedger = this.ledger;
    this.ledger = new Ledger(this.ledger.epoch + 1, snapshotSequence);
  }

  /** Whether the last complete epoch went over exactly these samples, each with the class it has here. */
  lastEpochCovered(samples: readonly LabelledSample[]): boolean {
    return this.#completedLedger?.covers(samples) ?? false;
  }

  /** The scans that had their effect on the weights: of the last complete epoch, or the current one if further. */
  get lineage(): Lineage {
    const segment = this.learned?.head;
    return { ...(this.stream?.lineage ?? this.#ledgerLineage), ...(segment && { segment }) };
  }

  get #ledgerLineage(): Lineage {
    const completed = this.#completedLedger;
    const wider = completed && completed.settledCount >= this.ledger.settledCount ? completed : this.ledger;
    return {
      scanSequences: { ...wider.settledRange, count: wider.settledCount - wider.droppedRows },
      ledgerHash: wider.hash(),
    };
  }

  recordStepTrace(traceparent: string): void {
    if (traceparent === '') return;
    this.#stepTraceparents.push(traceparent);
    if (this.#stepTraceparents.length > MAX_LINKED_STEPS) this.#stepTraceparents.shift();
  }

  get stepTraceparents(): readonly string[] {
    return this.#stepTraceparents;
  }

  clearStepTraces(): void {
    this.#stepTraceparents = [];
  }

  toManifest(): CheckpointManifest {
    const { run, recipe, classes, seed } = this.identity;
    return {
      schema: 1,
      run,
      recipe,
      classes: this.grownClasses ?? classes,
      seed,
      ledger: this.ledger.toRecord(),
      completedLedger: this.#completedLedger?.toRecord() ?? null,
      progress: this.progress.toRecord(),
      earlyStopping: this.earlyStopping.toRecord(),
      schedule: this.schedule.toRecord(),
      dataFingerprint: this.dataFingerprint,
      pendingPublication: this.pendingPublication,
      parentVersion: this.parentVersion,
      stepTraceparents: [...this.#stepTraceparents],
      ...(this.batchSize && { batchSize: this.batchSize }),
      ...(this.stream && { stream: this.stream.toRecord() }),
      ...(this.learned && { lineage: this.learned.toRecord() }),
    };
  }
}

/** Settings of a recipe that are not compared: its seed is the run's, epochs may be added, and words train nothing. */
const MAY_DIFFER: ReadonlySet<string> = new Set(['seed', 'epochs', 'description']);

/** Recipes from before there were two modes say none. */
const modeOf = ({ mode = 'epochs' }: Record<string, unknown>): unknown => mode;

/**
 * Whether a run that a checkpoint is of can be gone on with so. More epochs may be asked of it at any time.
 *
 * @throws INVALID_CONFIG naming every setting that differs
 */
export function assertSameRun(
  identity: Pick<RunIdentity, 'run' | 'recipe' | 'classes' | 'seed'>,
  manifest: Pick<CheckpointManifest, 'recipe' | 'classes' | 'seed'>,
): void {
  const shown = (value: unknown): string => (value === undefined ? 'not given' : JSON.stringify(value));
  const changed = (what: string, before: unknown, now: unknown): string[] =>
    canonicalJson(before) === canonicalJson(now) ? [] : [`${what}: ${shown(before)}, and now ${shown(now)}`];
  const recipeKeys = new Set([...Object.keys(manifest.recipe), ...Object.keys(identity.recipe)]);
  const differences = [
    ...(identity.recipe['mode'] === 'stream' && mayGrow(manifest.classes, identity.classes)
      ? []
      : changed('classes', manifest.classes, identity.classes)),
    ...changed('seed', manifest.seed, identity.seed),
    ...[...recipeKeys]
      .filter((key) => !MAY_DIFFER.has(key) && !(key === 'mode' && modeOf(manifest.recipe) === modeOf(identity.recipe)))
      .flatMap((key) => changed(`recipe's ${key}`, manifest.recipe[key], identity.recipe[key])),
  ];
  if (differences.length === 0) return;
  const mistakes = [
    ...differences.map((difference) => `run "${identity.run}" was begun with other settings: ${difference}`),
    'start it with the settings it was begun with, or begin a new run under another name (SULCUS_RUN, sulcus up --run)',
  ];
  throw new SulcusError('INVALID_CONFIG', mistakes.join('; '), { details: { mistakes } });
}
