import { runToEnd } from '../processes/one-shot.js';
import { commandSpec } from '../pipeline/services.js';
import { untilState, type Run } from '../run.js';

/** Time for the reports of an import that has ended to arrive. */
const REPORT_TIMEOUT_MS = 30_000;

const PROGRESS_INTERVAL_MS = 5000;

/** Makes the images when there are none, and has them taken in by a process of its own. */
export async function importData(run: Run): Promise<void> {
  const { pipeline, state, view, signal, setPhase } = run;
  const source = await prepareData(run);
  setPhase('importing');
  const importsBefore = state.importsDone;
  const { columns } = run.options;
  const words = ['import', source, ...(columns ? ['--columns', columns.join(',')] : [])];
  await runToEnd(commandSpec('import', words, pipeline.plan), signal);
  const arrived = AbortSignal.any([signal, AbortSignal.timeout(REPORT_TIMEOUT_MS)]);
  await untilState(run, () => state.importsDone > importsBefore, arrived);
  const { offered, ingested, duplicates, rejected } = state.ingest;
  view.note(`imported: ${ingested} of ${offered} ingested, ${duplicates} duplicates, ${rejected} rejected`);
}

/** The folder or manifest to import. */
async function prepareData({ dataSet, view, setPhase }: Run): Promise<string> {
  setPhase('preparing the data');
  let notedMs = Date.now();
  return await dataSet.prepare((done, total) => {
    setPhase(`making phantoms ${done}/${total}`);
    if (Date.now() - notedMs < PROGRESS_INTERVAL_MS && done < total) return;
    notedMs = Date.now();
    view.note(`made ${done} of ${total} phantoms`);
  });
}
