import { table } from '#libs/service';
import type { IngestBenchOptions } from './options.js';
import { processorRatioOf, ratioOf, type PartyResult } from './turns.js';

/** Everything as one JSON line, after the settings it was measured with. */
export function ingestJson(
  { images, size, callers, rounds }: IngestBenchOptions,
  imageBytes: number,
  parties: readonly PartyResult[],
): string {
  const result = { images, size, callers, rounds, imageBytes, parties };
  const ratios = { ratio: ratioOf(parties), processorRatio: processorRatioOf(parties) };
  return JSON.stringify({ ...result, ...ratios }, (_, value: unknown) =>
    typeof value === 'number' ? Number(value.toFixed(3)) : value,
  );
}

const COLUMNS = ['', 'images/s', 'slowest to fastest turn', 'MB/s', 'p50 ms', 'p99 ms', 'cpu ms/image'];

/** Everything as a table for people. */
export function ingestTable(
  { images, size, callers, rounds }: IngestBenchOptions,
  imageBytes: number,
  parties: readonly PartyResult[],
): string {
  const rows = parties.map(({ party, imagesPerSecond, megabytesPerSecond, latencyMs, processorMsPerImage, turns }) => [
    party,
    imagesPerSecond.toFixed(1),
    `${Math.min(...turns).toFixed(1)} to ${Math.max(...turns).toFixed(1)}`,
    megabytesPerSecond.toFixed(2),
    latencyMs.p50.toFixed(1),
    latencyMs.p99.toFixed(1),
    processorMsPerImage.toFixed(1),
  ]);
  const ratio = ratioOf(parties);
  const title =
    `JPEGs of ${size} px, ${(imageBytes / 1000).toFixed(0)} kB, ${callers} uploads at a time; medians of ${rounds} ` +
    `interleaved turns of ${images}`;
  return [
    title,
    ...table([COLUMNS, ...rows], new Set([1, 2, 3, 4, 5, 6])),
    ...(ratio === undefined
      ? []
      : [
          `throughput with TLS, policy and accounts of the broker / without: ${ratio.toFixed(3)}`,
          `processor time without / with: ${processorRatioOf(parties)!.toFixed(3)}`,
        ]),
  ].join('\n');
}
