import type { BrokerFault, StreamName, StreamStats } from '#libs/bus';
import type { ShadowProgress } from '#libs/contracts';
import { describeArchive, describeArchiveInBrief } from '../../shared/describe-archive.js';
import { describeWaiting, waitingCount } from '../state/describe-waiting.js';
import type { PipelineState } from '../state/pipeline-state.js';
import type { RequestCounts } from '../summary.js';
import { sparkline } from './sparkline.js';

/** A supervised process, as the view shows it. */
export interface ShownProcess {
  name: string;
  state: string;
  restarts: number;
  /** Why it was restarted on purpose last. */
  restartReason?: string | undefined;
  /** What it has waited for for long. */
  stall?: string | undefined;
}

/** Everything one picture of the pipeline is made of. */
export interface Snapshot {
  /** What the launcher is doing, for example "importing". */
  phase: string;
  elapsedMs: number;
  state: PipelineState;
  processes: readonly ShownProcess[];
  /** What the launcher itself has waited for for long: what it shows may be old. */
  stall?: string | undefined;
  streams?: Record<StreamName, StreamStats>;
  /** What is wrong with the broker. */
  brokerFaults?: readonly BrokerFault[];
  /** What the availability probe has asked for, with `--once`. */
  requests?: RequestCounts;
  addresses: string;
}

const NAME_WIDTH = 14;
const MAX_SPARKLINE_WIDTH = 60;

/** The live view: lines of at most `columns` characters, without control sequences. */
export function renderFrame(snapshot: Snapshot, columns: number): string[] {
  const sparklineWidth = Math.max(0, Math.min(MAX_SPARKLINE_WIDTH, columns - NAME_WIDTH - 22));
  const rows = [...pipelineRows(snapshot), ...trainingRows(snapshot, sparklineWidth), ...modelRows(snapshot)];
  return [
    `sulcus  ${snapshot.phase}  ${clock(snapshot.elapsedMs)}`,
    '',
    ...rows.map(([name, text]) => `  ${name.padEnd(NAME_WIDTH)}${text}`),
    '',
    `  ${snapshot.addresses}`,
  ].map((line) => cut(line, columns));
}

type Row = readonly [name: string, text: string];

function pipelineRows({ state, streams, processes, stall: own, brokerFaults = [] }: Snapshot): Row[] {
  const { ingest, preprocess, archive } = state;
  const { ingested, offered, duplicates, rejected, train, validation, gate, test } = ingest;
  const split = `train ${train}, validation ${validation}, gate ${gate}, test ${test}`;
  return [
    ['processes', processes.map(describeProcess).join('  ')],
    ...processes.flatMap(({ name, stall }) => (stall === undefined ? [] : [[`  ${name}`, stall] as const])),
    ...(own === undefined ? [] : [['  launcher', own] as const]),
    ...brokerFaults.map(({ code, message }) => ['  BROKER', `${code}: ${message}`] as const),
    [
      'images in',
      `${ingested} ingested of ${offered - duplicates}, ${duplicates} duplicates, ${rejected} rejected   (${split})`,
    ],
    ['streams', streams ? describeStreams(streams) : '…'],
    ...(archive ? [['archive', describeArchive(archive)] as const] : []),
    ['preprocess', `${preprocess.batches} batches, ${preprocess.samples} samples, ${preprocess.decoded} decoded`],
  ];
}

function trainingRows({ state }: Snapshot, sparklineWidth: number): Row[] {
  const { training, validation, lossHistory, accuracyHistory } = state;
  const waiting = state.waiting && describeWaiting(state.waiting);
  const curve = (value: number, history: readonly number[]): string =>
    `${value.toFixed(4).padStart(8)}  ${sparkline(history, sparklineWidth)}`;
  return [
    ['training', training ? describeTraining(training) : describeService(state, 'trainer')],
    ...(training && state.devices.length > 1
      ? [['  devices', `${trainingOn(state)}: ${state.devices.join(', ')}`] as const]
      : []),
    ['  loss', training ? curve(training.loss, lossHistory) : ''],
    ['  accuracy', training ? curve(training.accuracy, accuracyHistory) : ''],
    ['  validated', validation ? describeValidation(validation) : ''],
    ...(waiting === undefined ? [] : [['  waiting', waiting] as const]),
    ...state.notes.map(({ text }) => ['  note', text] as const),
    ...state.alarms.map(({ text }) => ['  ALARM', text] as const),
  ];
}

function modelRows({ state, requests }: Snapshot): Row[] {
  const { models, predictor, servedVersion, swaps, shadow, deadLetterCount, latestDeadLetters } = state;
  const promoted = [...models.values()].filter((model) => model.promoted).length;
  const served = `serving ${servedVersion || 'none yet'}, ${swaps} swaps`;
  const rate = (predictor?.requestsPerSecond ?? 0).toFixed(1);
  const probe = requests ? `; probe: ${requests.requests} requests, ${requests.failedRequests} failed` : '';
  return [
    ['models', `${models.size} published, ${promoted} promoted; ${served}`],
    ['predictions', `${rate} per second, median ${(predictor?.p50Ms ?? 0).toFixed(0)} ms${probe}`],
    ...(shadow ? [['shadow', describeShadow(shadow)] as const] : []),
    ['dead letters', deadLetterCount === 0 ? 'none' : `${deadLetterCount}, the latest:`],
    ...latestDeadLetters.map(({ service, cause, source }) => ['', `${service}: ${source}: ${cause}`] as const),
  ];
}

/** The same in one line, for terminals that are none. */
export function renderLine(snapshot: Snapshot): string {
  const { phase, elapsedMs, state, processes, stall: own, requests, brokerFaults = [] } = snapshot;
  const { ingest, training, archive } = state;
  const waiting = state.waiting ? waitingCount(state.waiting) : 0;
  const restarts = processes.reduce((sum, process) => sum + process.restarts, 0);
  return [
    `${clock(elapsedMs)} ${phase}:`,
    ...processes.flatMap(({ name, stall }) => (stall === undefined ? [] : [`${name}: ${stall},`])),
    ...(own === undefined ? [] : [`launcher: ${own},`]),
    ...brokerFaults.map(({ code, message }) => `BROKER ${code} (${message}),`),
    `images ${ingest.ingested}/${ingest.offered - ingest.duplicates},`,
    ...(archive ? [`${describeArchiveInBrief(archive)},`] : []),
    ...(training && state.devices.length > 1 ? [`${trainingOn(state)},`] : []),
    `${training ? describeProgress(training) : notTrainingYet(state)},`,
    ...(waiting > 0 ? [`${waiting} images wait for a label,`] : []),
    `serving ${state.servedVersion || 'none'},`,
    ...(requests ? [`requests ${requests.requests} failed ${requests.failedRequests},`] : []),
    `restarts ${restarts}, dead letters ${state.deadLetterCount}`,
  ].join(' ');
}

/** With what the trainer waits for, where it says so. */
function notTrainingYet({ services }: PipelineState): string {
  const trainer = services.get('trainer');
  return trainer?.state === 'idle' ? `not training yet (${trainer.message})` : 'not training yet';
}

const trainingOn = ({ devices }: PipelineState): string => `training on ${devices.length} devices`;

type Training = NonNullable<PipelineState['training']>;
type Validation = NonNullable<PipelineState['validation']>;

/** How far a run is: its epoch, or what it has learned from the stream. */
const describePlace = ({ epoch, arrivals }: Training): string =>
  arrivals > 0 ? `${arrivals} images of the stream` : `epoch ${epoch + 1}`;

function describeTraining(training: Training): string {
  const { step, imagesPerSecond, inputStallFraction } = training;
  const waiting = `${(inputStallFraction * 100).toFixed(0)} % waiting for batches`;
  return `step ${step}, ${describePlace(training)}, ${imagesPerSecond.toFixed(1)} images/s, ${waiting}`;
}

const describeProgress = (training: Training): string =>
  `${describePlace(training)} step ${training.step} loss ${training.loss.toFixed(4)} ` +
  `accuracy ${training.accuracy.toFixed(3)}`;

function describeValidation({ loss, accuracy, samples, step, onlyPredicted }: Validation): string {
  const alarm = onlyPredicted === '' ? '' : `; ALARM: all predicted as "${onlyPredicted}"`;
  return `loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)} on ${samples} images (step ${step})${alarm}`;
}

const describeProcess = ({ name, state, restarts, restartReason }: ShownProcess): string => {
  const why = restartReason === undefined ? '' : `: ${restartReason}`;
  return `${name} ${state}${restarts > 0 ? ` (restarted ${restarts}${why})` : ''}`;
};

function describeShadow(shadow: ShadowProgress): string {
  const { shadowVersion, liveVersion, compared, agreed, meanAbsoluteDifference, dropped, failed } = shadow;
  const agreement = `${((100 * agreed) / compared).toFixed(1)} % agree`;
  const difference = `mean difference ${meanAbsoluteDifference.toFixed(3)}`;
  const figures = compared === 0 ? 'none compared yet' : `${compared} compared, ${agreement}, ${difference}`;
  return `${shadowVersion} beside ${liveVersion}: ${figures}; ${dropped} dropped, ${failed} failed`;
}

function describeStreams(streams: Record<StreamName, StreamStats>): string {
  const describe = (name: StreamName): string => `${name} ${streams[name].messages}${fillOf(streams[name])}`;
  return (['SCANS', 'BATCH_REQUESTS', 'BATCHES', 'BLOBS'] as const).map(describe).join('  ');
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

/** What comes from outside, such as a file's name, may hold anything: only what prints reaches the terminal. */
function cut(text: string, columns: number): string {
  const printable = text.replaceAll(/\p{C}/gu, '?');
  return printable.length <= columns ? printable : `${printable.slice(0, Math.max(0, columns - 1))}…`;
}
