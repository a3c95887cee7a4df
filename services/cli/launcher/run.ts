import { setMaxListeners } from 'node:events';
import path from 'node:path';
import type { StreamName, StreamStats } from '#libs/bus';
import type { ServiceContext } from '#libs/service';
import { Changes } from './changes.js';
import { askConstantly } from './evaluation/steady-requests.js';
import { openDataSet, type DataSet } from './data-set.js';
import { learnOn, learnOnce, type Run } from './learn.js';
import type { UpOptions } from './options.js';
import { PatientClient } from './evaluation/retrying-client.js';
import { shownPath } from '../shared/paths.js';
import { Pipeline } from './pipeline.js';
import { PipelineState } from './state/pipeline-state.js';
import { prepareReportFolder } from '../report/index.js';
import { openStateFolder, type StateFolder } from './state-folder.js';
import { startView } from './view/live-view.js';
import { watchPipeline } from './state/watch-pipeline.js';

const STATS_INTERVAL_MS = 1000;

/**
 * Runs the whole pipeline on this machine until the signal aborts, or with `--once` to the evaluation of what it learned.
 *
 * @param openLog is told where the launcher's own log belongs
 * @throws what made the run fail
 */
export async function up(options: UpOptions, context: ServiceContext, openLog: (file: string) => void): Promise<void> {
  const dataSet = await openDataSet(options);
  const folder = openStateFolder(options);
  try {
    openLog(path.join(folder.logs, 'sulcus.log'));
    if (options.once) prepareReportFolder(reportFolder(options, folder));
    process.stdout.write(`${dataSet.description}\n`);
    const pipeline = await Pipeline.start(options, folder, dataSet.classes, context.signal);
    await operate(pipeline, folder, dataSet, options, context);
  } finally {
    folder.release();
  }
}

const reportFolder = ({ report }: UpOptions, folder: StateFolder): string =>
  report === undefined ? folder.report : path.resolve(report);

/** Watches, shows and feeds a running pipeline, and stops it in the end. */
async function operate(
  pipeline: Pipeline,
  folder: StateFolder,
  dataSet: DataSet,
  options: UpOptions,
  { signal, log }: ServiceContext,
): Promise<void> {
  const startedMs = Date.now();
  const over = new AbortController();
  const running = AbortSignal.any([signal, pipeline.failed, over.signal]);
  // One listener for each stream followed and each request under way is the normal case, not a leak.
  setMaxListeners(0, running);
  const [state, changes] = [new PipelineState(), new Changes()];
  using client = new PatientClient(pipeline.predictorAddress);
  let phase = 'starting';
  let streams: Record<StreamName, StreamStats> | undefined;
  const polling = setInterval(
    () =>
      void pipeline.bus.stats().then(
        (stats) => (streams = stats),
        () => undefined,
      ),
    STATS_INTERVAL_MS,
  );
  const addresses = `ingest ${pipeline.ingestAddress}   predictor ${pipeline.predictorAddress}   ${pipeline.natsUrl}   logs ${shownPath(folder.logs)}`;
  const view = startView(
    () => ({
      phase,
      elapsedMs: Date.now() - startedMs,
      state,
      processes: pipeline.processes.map(({ name, state: processState, restarts }) => ({
        name,
        state: processState,
        restarts,
      })),
      streams,
      asked: options.once ? client.counts : undefined,
      addresses,
    }),
    process.stdout,
    options.live,
  );
  const setPhase = (next: string): void => {
    phase = next;
    log.info({ phase }, 'phase');
  };
  // A run that counts from nothing leaves out what others left on a broker that is not ours.
  const sinceUnixMs = options.once ? startedMs : 0;
  const background = [
    watchPipeline(pipeline.bus, state, { sinceUnixMs, signal: running, changed: () => changes.notify() }),
    ...(options.once ? [askConstantly(pipeline.bus, client, log, running)] : []),
  ];
  const run: Run = {
    options,
    dataSet,
    pipeline,
    state,
    changes,
    client,
    view,
    startedMs,
    reportFolder: reportFolder(options, folder),
    signal: running,
    setPhase,
  };
  try {
    view.note(addresses);
    await Promise.race([options.once ? learnOnce(run) : learnOn(run), failureOf(background)]);
    // Learning on ends with the signal, whoever aborted it.
    pipeline.failed.throwIfAborted();
  } catch (error) {
    throw pipeline.failed.aborted ? pipeline.failed.reason : error;
  } finally {
    setPhase('stopping');
    over.abort();
    clearInterval(polling);
    await Promise.allSettled(background);
    await pipeline.stop();
    view.close();
    process.stdout.write(
      `logs ${shownPath(folder.logs)}   traces ${shownPath(folder.traces)} (sulcus trace <sample>)\n`,
    );
  }
}

/** Never resolves: rejects as soon as one of the background tasks fails. */
function failureOf(background: readonly Promise<void>[]): Promise<never> {
  return new Promise((_, reject) => {
    for (const task of background) task.catch(reject);
  });
}
