import { setMaxListeners } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { Notifier, onStall, runTogether } from '#libs/async';
import { withoutCredentials } from '#libs/config';
import type { ServiceContext } from '#libs/service';
import { prepareReportFolder } from '../report/index.js';
import { shownPath } from '../shared/paths.js';
import { claimFolder } from './claim-folder.js';
import { openDataSet, type DataSet } from './data-set.js';
import { probeAvailability } from './evaluation/availability-probe.js';
import { RetryingClient } from './evaluation/retrying-client.js';
import type { UpOptions } from './options.js';
import { runContinuously } from './phases/run-continuously.js';
import { runOnce } from './phases/run-once.js';
import { runSite } from './phases/run-site.js';
import { prepareSummaryFile } from './phases/show-summary.js';
import { Pipeline } from './pipeline/pipeline.js';
import { SITE_TITLE } from './pipeline/site-environment.js';
import type { Run } from './run.js';
import { hospitalDataSet } from './site/hospital.js';
import { folderInUse, lastingRoot, openStateFolder, type StateFolder } from './state-folder.js';
import { PipelineState } from './state/pipeline-state.js';
import { pollStreams, type PolledStreams } from './state/poll-streams.js';
import { watchPipeline } from './state/watch-pipeline.js';
import type { ShownProcess } from './view/frame.js';
import { startView, type View } from './view/live-view.js';
import { tellRounds } from './view/tell-rounds.js';

/**
 * Runs the whole pipeline on this machine until the signal aborts, or with `--once` to the evaluation of what it
 * learned.
 *
 * @param openLog is told where the launcher's own log belongs
 * @throws what made the run fail
 */
export async function up(options: UpOptions, context: ServiceContext, openLog: (file: string) => void): Promise<void> {
  const dataSet = options.site ? hospitalDataSet(options) : await openDataSet(options);
  const root = lastingRoot(options);
  if (root !== undefined && !(await claimFolder(root))) throw folderInUse(root, 'another launcher');
  const folder = openStateFolder(options);
  try {
    openLog(path.join(folder.logs, 'sulcus.log'));
    if (options.once && !options.site) prepareReportFolder(reportFolder(options, folder));
    if (options.json !== undefined) prepareSummaryFile(options.json);
    process.stdout.write(`${dataSet.description}\n`);
    if (folder.isResumed) process.stdout.write('going on with the run that was interrupted in this folder\n');
    const pipeline = await Pipeline.start(options, folder, dataSet.classes, context.signal);
    await operate({ pipeline, folder, dataSet, options }, context);
    folder.finish();
  } catch (error) {
    if (options.once && existsSync(folder.nats))
      process.stderr.write(`to go on with this run: add --state ${shownPath(folder.root)}\n`);
    throw error;
  } finally {
    folder.release();
  }
}

const reportFolder = ({ report }: UpOptions, folder: StateFolder): string =>
  report === undefined ? folder.report : path.resolve(report);

const resultsFolder = ({ results }: UpOptions, folder: StateFolder): string =>
  results === undefined ? path.join(folder.site, 'results') : path.resolve(results);

interface Operation {
  pipeline: Pipeline;
  folder: StateFolder;
  dataSet: DataSet;
  options: UpOptions;
}

/** Watches, shows and feeds a running pipeline, and stops it in the end. */
async function operate(operation: Operation, { signal, log }: ServiceContext): Promise<void> {
  const { pipeline, folder, dataSet, options } = operation;
  const startedMs = Date.now();
  const running = AbortSignal.any([signal, pipeline.failed]);
  const [state, changed] = [new PipelineState(), new Notifier()];
  using client = new RetryingClient(pipeline.predictorAddress);
  using streams = pollStreams(pipeline.bus);
  let phase = 'starting';
  const commands = new Set<ShownProcess>();
  let stall: string | undefined;
  const forgetStalls = onStall((said) => (stall = said));
  const told = { phase: () => phase, stall: () => stall };
  const view = showOperation(operation, { state, streams, client, startedMs, commands, ...told });
  const setPhase = (next: string): void => {
    phase = next;
    log.info({ phase }, 'phase');
  };
  const run = { options, dataSet, pipeline, state, changed, client, view, commands, startedMs, setPhase };
  const work = async (stop: AbortSignal): Promise<void> => {
    const phases: Run = { ...run, reportFolder: reportFolder(options, folder), signal: stop };
    const site = { siteFolder: folder.site, resultsFolder: resultsFolder(options, folder), log };
    await (options.site ? runSite({ ...phases, ...site }) : options.once ? runOnce(phases) : runContinuously(phases));
  };
  // A run that counts from nothing leaves out what others left on a broker that is not ours.
  const after = options.once && !folder.isResumed ? pipeline.streamEnds : undefined;
  const watch = (stop: AbortSignal): Promise<void> =>
    watchPipeline(pipeline.bus, state, { after, changed: () => changed.notify(), signal: unlimited(stop) });
  const tell = (stop: AbortSignal): Promise<void> => tellRounds(run, startedMs, stop);
  const probe = (stop: AbortSignal): Promise<void> => probeAvailability(pipeline.bus, client, log, stop);
  try {
    const care = async (stop: AbortSignal): Promise<void> => pipeline.brokerWatch?.run(stop, log);
    const companions = [watch, tell, care, ...(options.once && !options.site ? [probe] : [])];
    await runTogether({ work, companions }, running);
    pipeline.failed.throwIfAborted();
    if (options.once) signal.throwIfAborted();
  } catch (error) {
    throw pipeline.failed.aborted ? pipeline.failed.reason : error;
  } finally {
    setPhase('stopping');
    await pipeline.stop();
    view.close();
    forgetStalls();
    const traces = `traces ${shownPath(folder.traces)} (sulcus trace <sample>)`;
    process.stdout.write(`logs ${shownPath(folder.logs)}   ${traces}\n`);
  }
}

/** One listener for each stream followed and each request under way is the normal case, not a leak. */
function unlimited(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}

interface Shown {
  state: PipelineState;
  streams: PolledStreams;
  client: RetryingClient;
  startedMs: number;
  commands: ReadonlySet<ShownProcess>;
  phase: () => string;
  stall: () => string | undefined;
}

/** Shows the addresses once, and the operation until the view is closed. */
function showOperation({ pipeline, folder, options }: Operation, shown: Shown): View {
  const { state, streams, client, startedMs, commands, phase, stall } = shown;
  const addresses = [
    `ingest ${pipeline.ingestAddress}`,
    `predictor ${pipeline.predictorAddress}`,
    ...(pipeline.sitePorts ? [`DICOM ${SITE_TITLE}@127.0.0.1:${pipeline.sitePorts.dicom}`] : []),
    withoutCredentials(pipeline.natsUrl),
    `logs ${shownPath(folder.logs)}`,
  ].join('   ');
  const snapshot = () => ({
    phase: phase(),
    elapsedMs: Date.now() - startedMs,
    state,
    processes: [...pipeline.processes, ...commands],
    stall: stall(),
    streams: streams.latest,
    brokerFaults: pipeline.brokerWatch?.faults ?? [],
    requests: options.once && !options.site ? client.counts : undefined,
    addresses,
  });
  const view = startView(snapshot, process.stdout, options.live);
  view.note(addresses);
  return view;
}
