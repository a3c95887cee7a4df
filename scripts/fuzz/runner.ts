import { openSync, writeSync } from 'node:fs';
import { createRandom, type Random } from '#libs/random';
import { CoverageCounter } from './coverage.js';
import type { Finding, FindingKind } from './findings.js';
import { HANG_MS, MEMORY_BYTES, PLACE_BYTES, type Job, type JobResult } from './protocol.js';
import type { Make, Subject, Target } from './target.js';

/** Between two looks at whether others are still served. */
const CHECK_EVERY = 100;
/** Inputs before memory counts: caches and compiled code are there then. */
const WARM_UP_INPUTS = 200;
const LOOK_AT_MEMORY_EVERY = 50;

interface Open {
  readonly make: Make;
  readonly subject: Subject;
  warmRssBytes?: number;
  inputs: number;
}

/** The random stream of one input: made again from its target's name, seed and index. */
export const randomOf = (target: string, seed: string, index: number): Random =>
  createRandom('fuzz', target, seed, index);

/** Gives inputs to targets, in this process, and watches what comes of it. */
export class Runner implements AsyncDisposable {
  readonly #targets: ReadonlyMap<string, Target>;
  readonly #tell: (finding: Finding) => void;
  readonly #place: number;
  readonly #coverage = new CoverageCounter();
  readonly #open = new Map<string, Open>();
  /** Of the input that is under way. */
  #current: { job: Job; index: number } | undefined;

  private constructor(targets: readonly Target[], placeFile: string, tell: (finding: Finding) => void) {
    this.#targets = new Map(targets.map((target) => [target.name, target]));
    this.#tell = tell;
    this.#place = openSync(placeFile, 'r+');
    // Whatever happens outside of a call happens because of the inputs.
    process.on('uncaughtException', (error) => this.#found('error', `uncaught: ${textOf(error)}`));
  }

  static async start(targets: readonly Target[], placeFile: string, tell: (finding: Finding) => void): Promise<Runner> {
    const runner = new Runner(targets, placeFile, tell);
    await runner.#coverage.start();
    return runner;
  }

  async run(job: Job): Promise<JobResult> {
    const { target, from, to } = job;
    const open = await this.#opened(target);
    await this.#coverage.take();
    const outcomes: Record<string, number> = {};
    const before = process.cpuUsage();
    let slowestMs = 0;
    for (let index = from; index < to; index++) {
      this.#begin(job, index);
      const { outcome, tookMs } = await this.#runOne(open, job, index);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      slowestMs = Math.max(slowestMs, tookMs);
      if (index % CHECK_EVERY === CHECK_EVERY - 1 || index === to - 1) await this.#check(open);
    }
    this.#current = undefined;
    writeSync(this.#place, Buffer.alloc(PLACE_BYTES), 0, PLACE_BYTES, 0);
    const { user, system } = process.cpuUsage(before);
    const { functions, blocks } = await this.#coverage.take();
    return {
      target,
      inputs: to - from,
      processorMs: (user + system) / 1000,
      slowestMs,
      outcomes,
      functions: [...functions],
      blocks: [...blocks],
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { subject } of this.#open.values()) await subject[Symbol.asyncDispose]();
  }

  async #opened(name: string): Promise<Open> {
    let open = this.#open.get(name);
    if (!open) {
      const target = this.#targets.get(name);
      if (!target) throw new Error(`There is no target ${name}`);
      open = { make: await target.maker(), subject: await target.open(), inputs: 0 };
      this.#open.set(name, open);
    }
    return open;
  }

  /** Where the process is, for whoever finds it dead. */
  #begin(job: Job, index: number): void {
    this.#current = { job, index };
    const place = Buffer.alloc(PLACE_BYTES);
    place.writeDoubleLE(index + 1, 0);
    place.writeDoubleLE(Date.now(), 8);
    writeSync(this.#place, place, 0, PLACE_BYTES, 0);
  }

  async #runOne(open: Open, { target, seed }: Job, index: number): Promise<{ outcome: string; tookMs: number }> {
    const input = open.make(randomOf(target, seed, index));
    const once = async (): Promise<{ outcome: string; tookMs: number }> => {
      const beganMs = performance.now();
      const outcome = await open.subject.run(Buffer.from(input)).catch((error: unknown) => {
        this.#found('error', textOf(error));
        return 'FINDING';
      });
      return { outcome, tookMs: performance.now() - beganMs };
    };
    let result = await once();
    // On a busy machine anything may take a second once.
    if (result.tookMs > HANG_MS) {
      const again = await once();
      if (again.tookMs > HANG_MS)
        this.#found('hang', `${result.tookMs.toFixed(0)} ms, and ${again.tookMs.toFixed(0)} ms a second time`);
      result = { ...result, tookMs: Math.min(result.tookMs, again.tookMs) };
    }
    if (++open.inputs % LOOK_AT_MEMORY_EVERY === 0) this.#lookAtMemory(open);
    return result;
  }

  async #check({ subject }: Open): Promise<void> {
    await subject.check?.().catch((error: unknown) => this.#found('error', `others: ${textOf(error)}`));
  }

  #lookAtMemory(open: Open): void {
    let { rss } = process.memoryUsage();
    if (open.inputs < WARM_UP_INPUTS) return;
    open.warmRssBytes ??= rss;
    if (rss - open.warmRssBytes < MEMORY_BYTES) return;
    globalThis.gc?.();
    ({ rss } = process.memoryUsage());
    const grownBytes = rss - open.warmRssBytes;
    if (grownBytes < MEMORY_BYTES) return;
    this.#found('memory', `${(grownBytes / 2 ** 20).toFixed(0)} MiB more than after ${WARM_UP_INPUTS} inputs`);
    open.warmRssBytes = rss;
  }

  #found(kind: FindingKind, detail: string): void {
    const { job, index } = this.#current ?? { job: { target: 'none', seed: '' }, index: -1 };
    this.#tell({ target: job.target, seed: job.seed, index, kind, detail });
  }
}

const textOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const causes = error.cause instanceof Error ? `\ncaused by ${error.cause.stack}` : '';
  return `${error.stack ?? error.message}${causes}`;
};
