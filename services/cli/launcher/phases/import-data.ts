import { retryWithBackoff, timeLimit } from '#libs/async';
import { runToEnd } from '../processes/one-shot.js';
import { commandSpec } from '../pipeline/services.js';
import { untilState, type Run } from '../run.js';

/** Time for the reports of an import that has ended to arrive. */
const REPORT_TIMEOUT_MS = 30_000;

const PROGRESS_INTERVAL_MS = 5000;

/** Of an import that fails for no reason of the surroundings. */
const MAX_ATTEMPTS = 5;

/** Makes the images when there are none, and has them taken in by a process of its own. */
export async function importData(run: Run): Promise<void> {
  const { state, view, signal, setPhase } = run;
  const source = await prepareData(run);
  setPhase('importing');
  const importsBefore = state.importsDone;
  const { columns } = run.options;
  const words = ['import', source, ...(columns ? ['--columns', columns.join(',')] : [])];
  await importRepeatedly(run, words);
  using arrived = timeLimit(signal, REPORT_TIMEOUT_MS);
  await untilState(run, () => state.importsDone > importsBefore, arrived.signal).catch((error: unknown) => {
    // Its last report may have been lost with the broker: what it stored is there all the same.
    if (signal.aborted) throw error;
  });
  const { offered, ingested, duplicates, rejected } = state.ingest;
  view.note(`imported: ${ingested} of ${offered} ingested, ${duplicates} duplicates, ${rejected} rejected`);
}

/**
 * Importing again adds only what is new: one that was killed, or whose broker was away for too long, is repeated, as
 * long as it takes while it is the surroundings that fail.
 *
 * @throws what repeating cannot mend, and what stays after a few attempts
 */
async function importRepeatedly({ pipeline, signal, view, commands }: Run, words: readonly string[]): Promise<void> {
  let attempts = 0;
  await retryWithBackoff(
    async () => {
      attempts++;
      await runToEnd(commandSpec('import', words, pipeline.plan), signal, commands);
    },
    {
      signal,
      maxDelayMs: 10_000,
      shouldRetry: (failure) => failure.transient || (failure.retryable && attempts < MAX_ATTEMPTS),
      onRetry: (failure) => view.note(`the import broke off and is repeated: ${failure.message}`),
    },
  );
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
