import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { placeOf, type Finding } from './findings.js';
import { Lane } from './lane.js';
import { plan } from './plan.js';
import type { JobResult } from './protocol.js';
import { randomOf } from './runner.js';
import type { Target } from './target.js';
import { TARGETS } from './targets.js';

export interface FuzzOptions {
  /** Of all targets together. */
  inputs: number;
  seed: string;
  /** Names of targets. Default: all. */
  only?: readonly string[] | undefined;
  /** First input of each target; with `inputs` 1 and one target, that input alone. */
  from?: number;
  /** Where inputs that found something are saved. */
  folder: string;
  onFinding?: (finding: Finding) => void;
}

export interface TargetResult {
  readonly target: string;
  readonly inputs: number;
  readonly processorMs: number;
  readonly slowestMs: number;
  readonly outcomes: Readonly<Record<string, number>>;
  /** Distinct ones of ours that ran. */
  readonly functions: number;
  readonly blocks: number;
}

export interface FuzzResult {
  readonly targets: readonly TargetResult[];
  /** One of each kind and place. */
  readonly findings: readonly Finding[];
  readonly tookMs: number;
}

/** Gives targets inputs, in two processes: one for what reads files, one for what runs services. */
export async function fuzz({ inputs, seed, only, from = 0, folder, onFinding }: FuzzOptions): Promise<FuzzResult> {
  const beganMs = performance.now();
  const targets = TARGETS.filter(({ name }) => only === undefined || only.includes(name));
  const waiting = plan(targets, inputs, seed).map(({ kind, job }) => ({
    kind,
    job: { ...job, from: job.from + from, to: job.to + from },
  }));
  const places = await mkdtemp(path.join(tmpdir(), 'sulcus-fuzz-'));
  const findings = new Map<string, Promise<Finding>>();
  const noteFinding = (finding: Finding): void => {
    const place = placeOf(finding);
    if (findings.has(place)) return;
    onFinding?.(finding);
    findings.set(place, saved(finding, folder));
  };
  const results: JobResult[] = [];
  const take = (kind: Target['kind']) => {
    const own = waiting.findIndex((each) => each.kind === kind);
    if (own >= 0) return waiting.splice(own, 1)[0];
    // What runs services keeps them to itself: to start them twice costs more than it gains.
    return kind === 'services' ? waiting.shift() : undefined;
  };
  const work = async (kind: Target['kind']): Promise<void> => {
    await using lane = new Lane(path.join(places, kind), noteFinding);
    for (let next = take(kind); next; next = take(kind)) results.push(...(await lane.run(next.job)));
  };
  try {
    await Promise.all((['readers', 'services'] as const).map(work));
  } finally {
    await rm(places, { recursive: true, force: true });
  }
  return {
    targets: targets.map(({ name }) => summed(name, results)),
    findings: await Promise.all(findings.values()),
    tookMs: performance.now() - beganMs,
  };
}

async function saved(finding: Finding, folder: string): Promise<Finding> {
  const { target, seed, index } = finding;
  const made = TARGETS.find(({ name }) => name === target);
  if (!made) return finding;
  const file = path.join(folder, `${target}-${seed}-${index}.bin`);
  await mkdir(folder, { recursive: true });
  await writeFile(file, (await made.maker())(randomOf(target, seed, index)));
  return { ...finding, file };
}

function summed(target: string, all: readonly JobResult[]): TargetResult {
  const results = all.filter((result) => result.target === target);
  const outcomes: Record<string, number> = {};
  for (const result of results)
    for (const [outcome, count] of Object.entries(result.outcomes))
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
  const sum = (of: (result: JobResult) => number): number => results.reduce((total, each) => total + of(each), 0);
  return {
    target,
    inputs: sum(({ inputs }) => inputs),
    processorMs: sum(({ processorMs }) => processorMs),
    slowestMs: Math.max(0, ...results.map(({ slowestMs }) => slowestMs)),
    outcomes,
    functions: new Set(results.flatMap(({ functions }) => functions)).size,
    blocks: new Set(results.flatMap(({ blocks }) => blocks)).size,
  };
}
