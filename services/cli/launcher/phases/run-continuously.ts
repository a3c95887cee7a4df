import { untilAborted } from '#libs/async';
import type { Run } from '../run.js';
import { summarise } from '../summary.js';
import { importData } from './import-data.js';
import { costSoFar, showSummary } from './show-summary.js';

/** Import, then train on whatever else comes, until the user stops it or a process is given up. */
export async function runContinuously(run: Run): Promise<void> {
  const { state, client, signal, setPhase } = run;
  try {
    await importData(run);
    setPhase('running');
    await untilAborted(signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (run.options.json !== undefined)
    showSummary(
      run,
      summarise(state, { ...client.counts, lastVersion: client.lastVersion }, undefined, costSoFar(run)),
    );
}
