import type { StreamName, StreamStats } from '#libs/bus';
import type { ShadowProgress } from '#libs/contracts';
import type { PipelineState } from '../state/pipeline-state.js';
import type { RequestCounts } from '../summary.js';
import { sparkline } from './sparkline.js';

/** A supervised process, as the view shows it. */
export interface ShownProcess {
  name: string;
  state: string;
  restarts: number;
}

/** Everything one picture of the pipeline is made of. */
export interface Snapshot {
  /** What the launcher is doing, for example "importing". */
  phase: string;
  elapsedMs: number;
  state: PipelineState;
  processes: readonly ShownProcess[];
  streams?: Record<StreamName, StreamStats>;
  asked?: RequestCounts;
  addresses: string;
}

const NAME_WIDTH = 13;

/** The live view: lines of at most `columns` characters, without control sequences. */
export function renderFrame(snapshot: Snapshot, columns: number): string[] {
  const { state, streams, asked, processes } = snapshot;
  const { ingest, training, validation, predictor, preprocess } = state;
  const line = (name: string, text: string): string => cut(`  ${name.padEnd(NAME_WIDTH)}${text}`, columns);
  const sparkWidth = Math.max(0, Math.min(60, columns - NAME_WIDTH - 22));
  const promoted = [...state.models.values()].filter((model) => model.promoted).length;
  return [
    cut(`sulcus  ${snapshot.phase}  ${clock(snapshot.elapsedMs)}`, columns),
    '',
    line('processes', processes.map(describeProcess).join('  ')),
    line(
      'images in',
      `${ingest.ingested} ingested of ${ingest.offered}, ${ingest.duplicates} duplicates, ${ingest.rejected} rejected   (train ${ingest.train}, validation ${ingest.validation}, test ${ingest.test})`,
    ),
    line('queues', streams ? describeQueues(streams) : '…'),
    line('preprocess', `${preprocess.batches} batches, ${preprocess.samples} samples, ${preprocess.decoded} decoded`),
    line(
      'training',
      training
        ? `step ${training.step}, epoch ${training.epoch}, ${training.imagesPerSecond.toFixed(1)} images/s, ${(training.inputStallFraction * 100).toFixed(0)} % waiting`
        : describeService(state, 'trainer'),
    ),
    line(
      '  loss',
      training ? `${training.loss.toFixed(4).padStart(8)}  ${sparkline(state.lossHistory, sparkWidth)}` : '',
    ),
    line(
      '  accuracy',
      training ? `${training.accuracy.toFixed(4).padStart(8)}  ${sparkline(state.accuracyHistory, sparkWidth)}` : '',
    ),
    line(
      '  validated',
      validation
        ? `loss ${validation.loss.toFixed(4)}, accuracy ${validation.accuracy.toFixed(4)} on ${validation.samples} (step ${validation.step})${validation.onlyPredicted === '' ? '' : `; ALARM: all predicted as "${validation.onlyPredicted}"`}`
        : '',
    ),
    line(
      'models',
      `${state.models.size} published, ${promoted} promoted; serving ${state.servedVersion || 'none yet'}, ${state.swaps} swaps`,
    ),
    line(
      'predictions',
      `${(predictor?.requestsPerSecond ?? 0).toFixed(1)} per second, median ${(predictor?.p50Ms ?? 0).toFixed(0)} ms${asked ? `; asked ${asked.requests}, failed ${asked.failedRequests}` : ''}`,
    ),
    ...(state.shadow ? [line('on trial', describeTrial(state.shadow))] : []),
    line('dead', state.deadLetterCount === 0 ? 'none' : `${state.deadLetterCount} letters, the latest:`),
    ...state.latestDeadLetters.map(({ service, code, source }) => line('', `${service}: ${code} ${source}`)),
    '',
    cut(`  ${snapshot.addresses}`, columns),
  ];
}

/** The same in one line, for terminals that are none. */
export function renderLine({ phase, elapsedMs, state, processes, asked }: Snapshot): string {
  const { ingest, training } = state;
  const restarts = processes.reduce((sum, process) => sum + process.restarts, 0);
  return [
    `${clock(elapsedMs)} ${phase}:`,
    `images ${ingest.ingested}/${ingest.offered},`,
    training
      ? `epoch ${training.epoch} step ${training.step} loss ${training.loss.toFixed(4)} accuracy ${training.accuracy.toFixed(3)},`
      : 'not training yet,',
    `serving ${state.servedVersion || 'none'},`,
    `asked ${asked?.requests ?? 0} failed ${asked?.failedRequests ?? 0},`,
    `restarts ${restarts}, dead letters ${state.deadLetterCount}`,
  ].join(' ');
}

const describeProcess = ({ name, state, restarts }: ShownProcess): string =>
  `${name} ${state}${restarts > 0 ? ` (restarted ${restarts})` : ''}`;

function describeTrial({
  shadowVersion,
  liveVersion,
  compared,
  agreed,
  meanAbsoluteDifference,
  dropped,
  failed,
}: ShadowProgress): string {
  const figures =
    compared === 0
      ? 'none compared yet'
      : `${compared} compared, ${((100 * agreed) / compared).toFixed(1)} % agree, mean difference ${meanAbsoluteDifference.toFixed(3)}`;
  return `${shadowVersion} beside ${liveVersion}: ${figures}; ${dropped} dropped, ${failed} failed`;
}

function describeQueues(streams: Record<StreamName, StreamStats>): string {
  const queue = (name: StreamName): string => `${name} ${streams[name].messages}${fillOf(streams[name])}`;
  return (['SCANS', 'BATCH_REQUESTS', 'BATCHES', 'BLOBS'] as const).map(queue).join('  ');
}

/** Share of the stream's limit, once it is worth knowing. */
function fillOf({ bytes, maxBytes }: StreamStats): string {
  const fill = maxBytes > 0 ? bytes / maxBytes : 0;
  return fill >= 0.01 ? ` (${(fill * 100).toFixed(0)} % full)` : '';
}

function describeService(state: PipelineState, name: string): string {
  const service = state.services.get(name);
  return service ? `${service.state}: ${service.message}` : 'starting';
}

/** Elapsed time as minutes and seconds. */
function clock(elapsedMs: number): string {
  const seconds = Math.floor(elapsedMs / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

const cut = (text: string, columns: number): string =>
  text.length <= columns ? text : `${text.slice(0, Math.max(0, columns - 1))}…`;
