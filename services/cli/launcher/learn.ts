import { writeFileSync } from 'node:fs';
import { once } from 'node:events';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import type { Changes } from './changes.js';
import type { DataSet } from './data-set.js';
import { evaluateTestSplit, type TestEvaluation } from './evaluation/evaluate.js';
import type { UpOptions } from './options.js';
import type { PatientClient } from './evaluation/retrying-client.js';
import { shownPath } from '../shared/paths.js';
import type { Pipeline } from './pipeline.js';
import type { PipelineState } from './state/pipeline-state.js';
import { runToEnd } from './processes/one-shot.js';
import { commandSpec } from './processes/pipeline-processes.js';
import { writeReport } from '../report/index.js';
import { listScans, readImage } from './evaluation/stored-scans.js';
import { renderSummary, summarise, type RunSummary } from './summary.js';
import type { View } from './view/live-view.js';

/** What the phases of a run work with. */
export interface Run {
  options: UpOptions;
  dataSet: DataSet;
  pipeline: Pipeline;
  state: PipelineState;
  changes: Changes;
  client: PatientClient;
  view: View;
  /** When the run began, milliseconds since the Unix epoch. */
  startedMs: number;
  /** Where `--once` leaves its report. */
  reportFolder: string;
  /** Aborts when the user stops the run or a process is given up. */
  signal: AbortSignal;
  setPhase: (phase: string) => void;
}

/** Time for the reports of an import that has ended to arrive. */
const REPORT_TIMEOUT_MS = 30_000;

const PROGRESS_INTERVAL_MS = 5000;

/** Why the trainer ended, in words. */
const END_REASONS: Readonly<Record<string, string>> = {
  early_stopping: 'the validation loss falls no further',
  epochs: 'these were all that the recipe or --epochs wants',
};

/** Import, train to the end, evaluate through the predictor, print, report. */
export async function learnOnce(run: Run): Promise<void> {
  const { state, changes, client, dataSet, pipeline, view, signal, setPhase } = run;
  await importData(run);
  const lastSequence = await requireSplits(run);
  setPhase('training');
  await changes.until(() => (state.finished?.scanSequence ?? -1) >= lastSequence, signal);
  const why = END_REASONS[state.finished!.reason] ?? state.finished!.reason;
  view.note(`training ended after ${state.finished!.epochs} epochs: ${why}`);
  setPhase('evaluating');
  const test = await evaluateTestSplit(
    pipeline.bus,
    client,
    { classes: dataSet.classes, onProgress: (done, total) => setPhase(`evaluating ${done}/${total}`) },
    signal,
  );
  const summary = summarise(state, { ...client.counts, lastVersion: client.lastVersion }, test.metrics);
  finish(run, summary);
  setPhase('writing the report');
  await report(run, summary, test);
  if (state.repeatedSamples > 0)
    throw new SulcusError('INTERNAL', `${state.repeatedSamples} samples had their effect twice within an epoch`);
}

/** Import, then learn from whatever else comes, until the user stops it or a process is given up. */
export async function learnOn(run: Run): Promise<void> {
  const { state, client, signal, setPhase } = run;
  try {
    await importData(run);
    setPhase('running');
    if (!signal.aborted) await once(signal, 'abort');
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (run.options.json !== undefined)
    finish(run, summarise(state, { ...client.counts, lastVersion: client.lastVersion }));
}

/** Makes the images when there are none, and has them taken in by a process of its own. */
async function importData({ dataSet, pipeline, state, changes, view, signal, setPhase }: Run): Promise<void> {
  setPhase('making phantoms');
  let notedMs = Date.now();
  const source = await dataSet.prepare((done, total) => {
    setPhase(`making phantoms ${done}/${total}`);
    if (Date.now() - notedMs < PROGRESS_INTERVAL_MS && done < total) return;
    notedMs = Date.now();
    view.note(`made ${done} of ${total} phantoms`);
  });
  setPhase('importing');
  const importsBefore = state.importsDone;
  await runToEnd(commandSpec('import', ['import', source], pipeline.plan), signal);
  const arrived = AbortSignal.any([signal, AbortSignal.timeout(REPORT_TIMEOUT_MS)]);
  await changes.until(() => state.importsDone > importsBefore, arrived);
  const { offered, ingested, duplicates, rejected } = state.ingest;
  view.note(`imported: ${ingested} of ${offered} ingested, ${duplicates} duplicates, ${rejected} rejected`);
}

/**
 * What can be learned from, and the newest scan's sequence: training is over when the trainer has seen that one.
 *
 * @throws INVALID_ARGUMENT when there is nothing to train on or nothing to validate on
 */
async function requireSplits({ pipeline, dataSet, signal }: Run): Promise<number> {
  const scans = await listScans(pipeline.bus, signal);
  const labelled = scans.filter(({ label }) => dataSet.classes.includes(label));
  for (const [split, name] of [
    ['SPLIT_TRAIN', 'train on'],
    ['SPLIT_VALIDATION', 'validate on'],
  ] as const) {
    if (!labelled.some((scan) => scan.split === split)) {
      throw new SulcusError(
        'INVALID_ARGUMENT',
        `None of the ${labelled.length} labelled images is there to ${name}: give more images`,
      );
    }
  }
  return scans.at(-1)!.sequence;
}

function finish({ options, dataSet, view }: Run, summary: RunSummary): void {
  view.note(renderSummary(summary, dataSet.classes));
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(summary, undefined, 2)}\n`);
}

async function report(
  { options: { recipe, run, seed }, dataSet, pipeline, state, view, startedMs, reportFolder }: Run,
  summary: RunSummary,
  evaluation: TestEvaluation,
): Promise<void> {
  const source = {
    dataDescription: dataSet.description,
    recipe,
    run,
    seed,
    classes: dataSet.classes,
    startedUnixMs: startedMs,
    summary,
    history: state.history,
    evaluation,
  };
  await writeReport(reportFolder, source, ({ sequence }) => readImage(pipeline.bus, sequence));
  view.note(`report ${shownPath(path.join(reportFolder, 'index.html'))}`);
}
