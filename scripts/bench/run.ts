import { setTimeout as sleep } from 'node:timers/promises';
import { startEngine, type Engine } from '#libs/engine';
import { parseCommandLine, reportFailure, type OptionsSpec } from '#libs/service';
import { collectGarbage } from '#libs/memory';
import { summarise, timeSteps, type Contestant, type Turn } from './measure.js';
import { startPeer } from './peer.js';
import type { BenchOptions } from './options.js';
import { peakRssBytes, processorMs, resetPeakRss } from './processes.js';
import { jsonLine, table, type PartyResult } from './report.js';

export interface Benchmark {
  /** `npm run bench:<name>` starts it. */
  readonly name: string;
  readonly description: string;
  /** Those of {@link BenchOptions}, with its own defaults. */
  readonly options: OptionsSpec;
  readonly peerScript: 'peer_train.py' | 'peer_infer.py';
  /** PyTorch's ways of doing the same, all measured unless others are asked for. */
  readonly peerVariants: (options: BenchOptions) => readonly string[];
  /** Steps to make before measuring: the first ones build oneDNN's kernels and fill memory pools. */
  readonly warmUpSteps: number;
  /** Loads the network; the result makes one step. */
  prepare(engine: Engine, options: BenchOptions): Promise<() => Promise<unknown>>;
}

/** Measures all parties in turns: what slows the machine down for a while then slows all of them. */
export async function interleave(
  parties: readonly Contestant[],
  rounds: number,
  secondsPerTurn: number,
  batch: number,
): Promise<PartyResult[]> {
  const turns: Turn[][] = parties.map(() => []);
  for (const { pids } of parties) resetPeakRss(pids);
  for (let round = 0; round < rounds; round++) {
    for (const [index, party] of parties.entries()) turns[index]!.push(await party.measure(secondsPerTurn));
  }
  return parties.map(({ name, pids }, index) => ({
    name,
    turns: turns[index]!,
    measurement: summarise(turns[index]!, batch, peakRssBytes(pids)),
  }));
}

/** Buffers that are garbage are given back by another thread, a moment after they were found. */
const FREEING_MS = 500;

/** Ourselves. Both processes count as memory: the one that asks, and the engine. */
async function startOwn(benchmark: Benchmark, options: BenchOptions): Promise<Contestant> {
  if (options.devices !== undefined) process.env['SULCUS_DEVICES'] = options.devices;
  const engine = await startEngine({ maxDevices: options.shards ?? 1, label: 'bench' });
  try {
    const step = await benchmark.prepare(engine, options);
    for (let count = 0; count < benchmark.warmUpSteps; count++) await step();
    collectGarbage();
    await sleep(FREEING_MS);
    const pids = [process.pid, engine.pid!];
    const measure = async (seconds: number): Promise<Turn> => {
      const before = processorMs(pids);
      const stepsMs = await timeSteps(step, seconds);
      return { stepsMs, processorMs: processorMs(pids) - before };
    };
    return { name: 'sulcus', pids, measure, close: () => engine.close() };
  } catch (error) {
    await engine.close();
    throw error;
  }
}

async function runBenchmark(benchmark: Benchmark, options: BenchOptions): Promise<string> {
  const parties: Contestant[] = [];
  try {
    parties.push(await startOwn(benchmark, options));
    const variants = options.peer ? (options.variants ?? benchmark.peerVariants(options)) : [];
    for (const variant of variants)
      parties.push(
        await startPeer(benchmark.peerScript, variant, [options.model, options.batch, options.size, options.precision]),
      );
    const rounds = options.peer ? options.rounds : 1;
    const [own, ...peers] = await interleave(parties, rounds, options.seconds / rounds, options.batch);
    const { model, batch, size, precision } = options;
    return options.json
      ? jsonLine({ model, batch, size, precision }, own!, peers)
      : table(`${model}, batch ${batch}, ${size} px, ${precision}`, options, own!, peers);
  } finally {
    for (const party of parties) await party.close();
  }
}

/** What a benchmark is called in its help and in its messages. */
export const commandName = (name: string): string => `npm run bench:${name} --`;

/**
 * Prints a benchmark's result, if there is one, or a line for each thing that was wrong.
 *
 * @param name as in `npm run bench:<name>`
 */
export async function report(name: string, run: () => Promise<string | undefined>): Promise<void> {
  try {
    const result = await run();
    if (result !== undefined) process.stdout.write(`${result}\n`);
  } catch (error) {
    reportFailure(`bench:${name}`, error);
  }
}

/** A network benchmark's `main`. */
export const main = (benchmark: Benchmark): Promise<void> =>
  report(benchmark.name, async () => {
    const { name, description, options } = benchmark;
    const parsed = parseCommandLine({ name: commandName(name), description, options }, process.argv.slice(2));
    return parsed && (await runBenchmark(benchmark, parsed.options as unknown as BenchOptions));
  });
