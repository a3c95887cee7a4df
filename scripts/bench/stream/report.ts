import type { StreamBenchResult, StreamCheckpoint } from './measure-stream.js';

/** The result as one JSON line. */
export const streamJson = (result: StreamBenchResult): string =>
  JSON.stringify(result, (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value));

const COLUMNS: readonly (readonly [title: string, value: (checkpoint: StreamCheckpoint) => string])[] = [
  ['images', ({ arrivals }) => String(arrivals)],
  ['sample-steps each', ({ sampleStepsPerArrival }) => sampleStepsPerArrival.toFixed(2)],
  ['ms each', ({ msPerArrival }) => msPerArrival.toFixed(2)],
  ['broker bytes each', ({ brokerBytesPerArrival }) => brokerBytesPerArrival.toFixed(0)],
  ['trainer MB', ({ trainerRssBytes }) => (trainerRssBytes / 1e6).toFixed(0)],
  ['checkpoint kB', ({ checkpointBytes }) => (checkpointBytes / 1e3).toFixed(0)],
  ['restart s', ({ restartMs }) => (restartMs / 1e3).toFixed(1)],
  ['regained s', ({ regainedMs }) => (regainedMs / 1e3).toFixed(1)],
];

/** The result as a table for people. */
export function streamTable(result: StreamBenchResult): string {
  const { arrivals, checkpoints, scansPeakBytes, scansLimitBytes, refused, archived, lost } = result;
  const rows = [COLUMNS.map(([title]) => title), ...checkpoints.map((row) => COLUMNS.map(([, value]) => value(row)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return [
    ...rows.map((row) => row.map((cell, column) => cell.padStart(widths[column]!)).join('  ')),
    `${arrivals} images sent, ${refused} refused, ${archived} in the archive, ${lost} lost`,
    `SCANS: at most ${(scansPeakBytes / 1e6).toFixed(1)} of ${(scansLimitBytes / 1e6).toFixed(1)} MB`,
  ].join('\n');
}
