import { throughput, type Measurement } from './measure.js';
import type { BenchOptions } from './options.js';

/** Everything measured of one party. */
export interface PartyResult {
  readonly name: string;
  readonly turns: readonly (readonly number[])[];
  readonly measurement: Measurement;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));
const rounded = ({ imagesPerSecond, stepMs, peakRssBytes, processorMsPerImage }: Measurement): Measurement => ({
  imagesPerSecond: round(imagesPerSecond, 3),
  stepMs: { p50: round(stepMs.p50, 2), p95: round(stepMs.p95, 2) },
  peakRssBytes,
  ...(processorMsPerImage !== undefined && { processorMsPerImage: round(processorMsPerImage, 3) }),
});

/** Our throughput divided by a peer's: above 1 we are faster. */
const ratio = (own: PartyResult, peer: PartyResult): number => round(own.measurement.imagesPerSecond / peer.measurement.imagesPerSecond, 3);

/** The result as one JSON line after the settings it was measured with; peers, when measured, under `peers` with our ratio to each. */
export function jsonLine(settings: Record<string, string | number>, own: PartyResult, peers: readonly PartyResult[]): string {
  const compared = peers.map((peer) => ({ name: peer.name, ...rounded(peer.measurement), ratio: ratio(own, peer) }));
  return JSON.stringify({ ...settings, ...rounded(own.measurement), ...(peers.length > 0 && { peers: compared }) });
}

const COLUMNS = ['', 'images/s', 'slowest to fastest turn', 'step p50 ms', 'p95 ms', 'processor ms/image', 'peak MB', 'ours / it'] as const;
const PROCESSOR_COLUMN = COLUMNS.indexOf('processor ms/image');

function row(party: PartyResult, batch: number, compared: string): string[] {
  const { imagesPerSecond, stepMs, peakRssBytes, processorMsPerImage } = party.measurement;
  const speeds = party.turns.map((turn) => throughput(turn, batch));
  const range = `${Math.min(...speeds).toFixed(1)} to ${Math.max(...speeds).toFixed(1)}`;
  return [party.name, imagesPerSecond.toFixed(1), range, stepMs.p50.toFixed(1), stepMs.p95.toFixed(1), processorMsPerImage?.toFixed(2) ?? '', (peakRssBytes / 1e6).toFixed(0), compared];
}

/**
 * The result as a table for people.
 *
 * @param title what was measured, with which settings
 */
export function table(title: string, { batch, rounds, seconds, peer }: Pick<BenchOptions, 'batch' | 'rounds' | 'seconds' | 'peer'>, own: PartyResult, peers: readonly PartyResult[]): string {
  const all = [[...COLUMNS], row(own, batch, ''), ...peers.map((each) => row(each, batch, ratio(own, each).toFixed(2)))];
  const known = (column: number): boolean => column !== PROCESSOR_COLUMN || own.measurement.processorMsPerImage !== undefined;
  const rows = all.map((cells) => cells.filter((_, column) => known(column)));
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) => cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join('  ').trimEnd());
  const how = peer ? `medians of ${rounds} interleaved turns, ${seconds} s each party` : `${seconds} s`;
  return [`${title}; ${how}`, ...lines].join('\n');
}
