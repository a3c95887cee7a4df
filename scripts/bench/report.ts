import { throughput, type Measurement, type Turn } from './measure.js';
import type { BenchOptions } from './options.js';

/** Everything measured of one party. */
export interface PartyResult {
  readonly name: string;
  readonly turns: readonly Turn[];
  readonly measurement: Measurement;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
const rounded = ({ imagesPerSecond, stepMs, peakRssBytes }: Measurement): Omit<Measurement, 'processorMsPerImage'> => ({
  imagesPerSecond: round(imagesPerSecond, 3),
  stepMs: { p50: round(stepMs.p50, 2), p95: round(stepMs.p95, 2) },
  peakRssBytes,
});
const processorTime = ({ measurement }: PartyResult): { processorMsPerImage: number } => ({
  processorMsPerImage: round(measurement.processorMsPerImage, 3),
});

/** Our throughput divided by a peer's: above 1 we are faster. */
const ratio = (own: PartyResult, peer: PartyResult): number =>
  round(own.measurement.imagesPerSecond / peer.measurement.imagesPerSecond, 3);

/** A peer's processor time per image divided by ours: above 1 it needs more. */
const processorRatio = (own: PartyResult, peer: PartyResult): number =>
  round(peer.measurement.processorMsPerImage / own.measurement.processorMsPerImage, 3);

/**
 * The result as one JSON line after the settings it was measured with; peers, when measured, under `peers` with our
 * ratios to each.
 *
 * @param withProcessorTime ours too; by default when there is a peer's to compare it with
 */
export function jsonLine(
  settings: Record<string, string | number>,
  own: PartyResult,
  peers: readonly PartyResult[],
  withProcessorTime = peers.length > 0,
): string {
  const compared = peers.map((peer) => ({
    name: peer.name,
    ...rounded(peer.measurement),
    ...processorTime(peer),
    ratio: ratio(own, peer),
    processorRatio: processorRatio(own, peer),
  }));
  return JSON.stringify({
    ...settings,
    ...rounded(own.measurement),
    ...(withProcessorTime && processorTime(own)),
    ...(peers.length > 0 && { peers: compared }),
  });
}

const COLUMNS = [
  '',
  'images/s',
  'slowest to fastest turn',
  'step p50 ms',
  'p95 ms',
  'processor ms/image',
  'peak MB',
  'ours / it',
  'its processor time / ours',
] as const;

function row(party: PartyResult, batch: number, own?: PartyResult): string[] {
  const { imagesPerSecond, stepMs, peakRssBytes, processorMsPerImage } = party.measurement;
  const speeds = party.turns.map(({ stepsMs }) => throughput(stepsMs, batch));
  const range = `${Math.min(...speeds).toFixed(1)} to ${Math.max(...speeds).toFixed(1)}`;
  const compared = own ? [ratio(own, party).toFixed(2), processorRatio(own, party).toFixed(2)] : ['', ''];
  return [
    party.name,
    imagesPerSecond.toFixed(1),
    range,
    stepMs.p50.toFixed(1),
    stepMs.p95.toFixed(1),
    processorMsPerImage.toFixed(2),
    (peakRssBytes / 1e6).toFixed(0),
    ...compared,
  ];
}

/**
 * The result as a table for people.
 *
 * @param title what was measured, with which settings
 */
export function table(
  title: string,
  { batch, rounds, seconds, peer }: Pick<BenchOptions, 'batch' | 'rounds' | 'seconds' | 'peer'>,
  own: PartyResult,
  peers: readonly PartyResult[],
): string {
  const rows = [[...COLUMNS], row(own, batch), ...peers.map((each) => row(each, batch, own))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
  const how = peer ? `medians of ${rounds} interleaved turns, ${seconds} s each party` : `${seconds} s`;
  return [`${title}; ${how}`, ...lines].join('\n');
}
