import path from 'node:path';
import { splitName } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { writeReport } from '../../report/index.js';
import { shownPath } from '../../shared/paths.js';
import { listScans, readImage } from '../evaluation/stored-scans.js';
import { evaluateTestSplit, type TestEvaluation } from '../evaluation/test-split.js';
import { untilState, type Run } from '../run.js';
import { summarise, type RunSummary } from '../summary.js';
import { drawLayers } from './draw-layers.js';
import { settleFinalChampion } from './final-champion.js';
import { importData } from './import-data.js';
import { costSoFar, showSummary } from './show-summary.js';

/** Why the trainer ended, in words. */
const END_REASONS: Readonly<Record<string, string>> = {
  early_stopping: 'the validation loss falls no further',
  epochs: 'these were all that the recipe or --epochs wants',
  caught_up: 'every image of the stream is learned',
};

/** Import, train to the end, evaluate through the predictor, print, report. */
export async function runOnce(run: Run): Promise<void> {
  const { state, setPhase } = run;
  await importData(run);
  const lastSequence = await requireSplits(run);
  setPhase('training');
  run.pipeline.startTraining();
  await trained(run, lastSequence);
  const settled = await settleFinalChampion(run.pipeline.bus, run.options.run);
  if (settled) run.view.note(`champion ${settled.version}: ${settled.reason}`);
  setPhase('evaluating');
  const evaluation = await evaluate(run);
  const { counts, lastVersion } = run.client;
  const summary = summarise(state, { ...counts, lastVersion }, evaluation.metrics, costSoFar(run));
  showSummary(run, summary);
  setPhase('writing the report');
  await report(run, summary, evaluation);
  if (state.repeatedSamples > 0)
    throw new SulcusError('INTERNAL', `${state.repeatedSamples} samples had their effect twice within an epoch`);
}

/**
 * Sees to it that there is something to learn from.
 *
 * @returns the newest scan's sequence: training is over when the trainer has seen that one
 * @throws INVALID_ARGUMENT when there is nothing to train on or nothing to validate on
 */
async function requireSplits({ pipeline, dataSet, signal }: Run): Promise<number> {
  const scans = await listScans(pipeline.bus, signal);
  const labelled = scans.filter(({ label }) => dataSet.classes.includes(label));
  for (const split of ['SPLIT_TRAIN', 'SPLIT_VALIDATION'] as const) {
    if (labelled.some((scan) => scan.split === split)) continue;
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `None of the ${labelled.length} labelled images is in the ${splitName(split)} split: give more images`,
    );
  }
  return scans.at(-1)!.sequence;
}

async function trained(run: Run, lastSequence: number): Promise<void> {
  const { state, view, signal } = run;
  await untilState(run, () => (state.finished?.scanSequence ?? -1) >= lastSequence, signal);
  const { reason, epochs } = state.finished!;
  const after = reason === 'caught_up' ? '' : ` after ${epochs} epochs`;
  view.note(`training ended${after}: ${END_REASONS[reason] ?? reason}`);
}

const evaluate = ({ pipeline, client, dataSet, signal, setPhase }: Run): Promise<TestEvaluation> =>
  evaluateTestSplit(
    pipeline.bus,
    client,
    { classes: dataSet.classes, onProgress: (done, total) => setPhase(`evaluating ${done}/${total}`) },
    signal,
  );

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
  await drawLayers(pipeline, reportFolder, summary.served.version);
  view.note(`report ${shownPath(path.join(reportFolder, 'index.html'))}`);
}
