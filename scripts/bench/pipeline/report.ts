import { table } from '#libs/service';
import type { BrokerResult } from './broker-share.js';
import type { WorkersResult } from './measure-workers.js';

export interface PipelineBenchResult {
  workers: readonly WorkersResult[];
  broker: BrokerResult;
}

/** Over the first number of workers. */
const speedup = ({ workers }: PipelineBenchResult, { imagesPerSecond }: WorkersResult): number =>
  imagesPerSecond / workers[0]!.imagesPerSecond;

/** The result as one JSON line. */
export const pipelineJson = (result: PipelineBenchResult): string =>
  JSON.stringify(
    { ...result, workers: result.workers.map((each) => ({ ...each, speedup: speedup(result, each) })) },
    (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value),
  );

/** The result as a table for people. */
export function pipelineTable(result: PipelineBenchResult): string {
  const { imageBytes, busPerSecond, rawPerSecond, share } = result.broker;
  const rows = [
    ['workers', 'images/s', 'speed-up', 'input stall'],
    ...result.workers.map((each) => [
      String(each.workers),
      each.imagesPerSecond.toFixed(1),
      speedup(result, each).toFixed(2),
      `${(each.inputStall * 100).toFixed(0)} %`,
    ]),
  ];
  return [
    ...table(rows, new Set([0, 1, 2, 3])),
    `images of ${imageBytes / 1000} kB stored a second: ${busPerSecond.toFixed(0)} by our bus, ` +
      `${rawPerSecond.toFixed(0)} by a raw client: ${share.toFixed(2)} of it`,
  ].join('\n');
}
