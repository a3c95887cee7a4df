import type { EngineResult } from './engine.js';
import type { BadRequestsResult } from './bad-requests.js';
import type { ServeBenchOptions } from './options.js';
import type { SwapResult } from './swaps.js';
import type { LoadResult } from './turns.js';

export interface ServeResult {
  readonly loads: readonly LoadResult[];
  readonly engine: readonly EngineResult[];
  readonly swaps: SwapResult | undefined;
  readonly bad?: BadRequestsResult | undefined;
}

/** Everything as one JSON line, times in milliseconds, after the settings it was measured with. */
export function serveJson(
  { model, size, precision, input, batch, seconds, rounds }: ServeBenchOptions,
  { loads, engine, swaps, bad }: ServeResult,
): string {
  const result = {
    model,
    size,
    precision,
    input,
    batch,
    seconds,
    rounds,
    loads,
    engine,
    comparisons: comparisons({ loads, engine, swaps, bad }),
    ...(swaps && { swaps }),
    ...(bad && { bad }),
  };
  return JSON.stringify(result, (_, value: unknown) => (typeof value === 'number' ? Number(value.toFixed(3)) : value));
}

/** Everything as tables for people. */
export function serveTables(options: ServeBenchOptions, result: ServeResult): string {
  const { model, size, precision, input, batch, seconds, rounds } = options;
  const title =
    `${model}, ${size} px, ${precision}, ${input}, batches up to ${batch}; ${seconds} s each in ${rounds} ` +
    'interleaved turns';
  return [
    title,
    ...loadTable(result),
    ...swapLines(result.swaps),
    ...badLines(result.bad),
    ...comparisons(result).map(({ what, value }) => `${what}: ${value.toFixed(2)}`),
  ].join('\n');
}

function loadTable({ loads, engine }: ServeResult): string[] {
  const rows = [
    ['', 'load', 'images/s', 'p50 ms', 'p95 ms', 'p99 ms', 'mean batch', 'cpu ms/image', 'requests', 'failed'],
    ...loads.map((each) => {
      const { p50, p95, p99 } = each.latencyMs;
      const load = each.loop === 'closed' ? `${each.level} callers` : `${each.level}/s arrive`;
      return [
        each.party,
        load,
        each.imagesPerSecond.toFixed(1),
        p50.toFixed(1),
        p95.toFixed(1),
        p99.toFixed(1),
        each.meanBatchSize.toFixed(1),
        each.processorMsPerImage.toFixed(1),
        String(each.requests),
        described(each.failed),
      ];
    }),
    ...engine.map(({ batch, imagesPerSecond, stepMs }) => [
      'engine alone',
      `batch ${batch}`,
      imagesPerSecond.toFixed(1),
      stepMs.p50.toFixed(1),
      stepMs.p95.toFixed(1),
      '',
      batch.toFixed(1),
      '',
      '',
      '',
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  );
}

function swapLines(swaps: SwapResult | undefined): string[] {
  if (!swaps) return [];
  const { steady, swapping, residentBytes } = swaps;
  const line = (what: string, { p50, p95, p99, imagesPerSecond }: SwapResult['steady']): string =>
    `  ${what}  ${imagesPerSecond.toFixed(1)} images/s, p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ` +
    `p99 ${p99.toFixed(1)} ms`;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  return [
    `${swaps.swaps} swaps, ${swaps.concurrency} callers, ${swaps.requests} requests, failed: ` +
      `${described(swaps.failed)}`,
    line('steady  ', steady),
    line('swapping', swapping),
    `  a swap takes ${swaps.swapMs.p50.toFixed(0)} ms (p95 ${swaps.swapMs.p95.toFixed(0)} ms); resident ` +
      `${megabytes(residentBytes.before)} MB before, ${megabytes(residentBytes.after)} MB after, ` +
      `${megabytes(residentBytes.peak)} MB at most`,
  ];
}

function badLines(bad: BadRequestsResult | undefined): string[] {
  if (!bad) return [];
  const { steady, disturbed, residentBytes } = bad;
  const line = (what: string, { p50, p95, p99, imagesPerSecond }: BadRequestsResult['steady']): string =>
    `  ${what}  ${imagesPerSecond.toFixed(1)} images/s, p50 ${p50.toFixed(1)} ms, p95 ${p95.toFixed(1)} ms, ` +
    `p99 ${p99.toFixed(1)} ms`;
  const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);
  return [
    `${bad.sent} bad requests of ${bad.kinds} kinds; ${bad.concurrency} callers, ${bad.requests} good requests, ` +
      `failed: ${described(bad.failed)}`,
    line('steady   ', steady),
    line('disturbed', disturbed),
    `  resident ${megabytes(residentBytes.before)} MB before, ${megabytes(residentBytes.after)} MB after, ` +
      `${megabytes(residentBytes.peak)} MB at most; answers: ${described(bad.answers)}`,
  ];
}

const described = (failed: Readonly<Record<string, number>>): string =>
  Object.entries(failed)
    .map(([code, count]) => `${count} ${code}`)
    .join(', ') || '0';

/** What the figures are measured for: ratios, and the cost of the way over gRPC. */
export function comparisons({ loads, engine, swaps, bad }: ServeResult): { what: string; value: number }[] {
  const of = (party: string, level: number): LoadResult | undefined =>
    loads.find((each) => each.party === party && each.loop === 'closed' && each.level === level);
  const levels = [...new Set(loads.filter(({ loop }) => loop === 'closed').map(({ level }) => level))];
  const found: { what: string; value: number }[] = [];
  for (const level of levels) {
    const [batched, unbatched] = [of('batched', level), of('unbatched', level)];
    const secured = of('tls', level);
    if (batched && secured)
      found.push({
        what: `throughput with TLS and identity / without, ${level} callers`,
        value: secured.imagesPerSecond / batched.imagesPerSecond,
      });
    if (!batched || !unbatched) continue;
    found.push({
      what: `batched / unbatched throughput, ${level} callers`,
      value: batched.imagesPerSecond / unbatched.imagesPerSecond,
    });
    found.push({
      what: `batched / unbatched p95, ${level} callers`,
      value: batched.latencyMs.p95 / unbatched.latencyMs.p95,
    });
  }
  const [alone, full] = [engine[0], engine.at(-1)];
  const [lone, crowd] = [of('batched', 1), of('batched', Math.max(...levels))];
  if (alone && lone)
    found.push({ what: "p50 of one caller minus the engine's own, ms", value: lone.latencyMs.p50 - alone.stepMs.p50 });
  if (full && crowd)
    found.push({
      what: `throughput of ${crowd.level} callers / the engine's own at batch ${full.batch}`,
      value: crowd.imagesPerSecond / full.imagesPerSecond,
    });
  if (bad) found.push({ what: 'p99 with bad requests / steady', value: bad.disturbed.p99 / bad.steady.p99 });
  if (swaps) found.push({ what: 'p99 swapping / steady', value: swaps.swapping.p99 / swaps.steady.p99 });
  return found;
}
