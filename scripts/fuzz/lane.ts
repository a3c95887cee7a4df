import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Finding, FindingKind } from './findings.js';
import { DEAD_MS, PLACE_BYTES, type Answer, type Job, type JobResult } from './protocol.js';

const LOOK_EVERY_MS = 500;
/** `.ts` or `.js`: from the sources, or compiled as the tests are. */
const ENDING = path.extname(import.meta.filename);
const CHILD = path.join(import.meta.dirname, `child${ENDING}`);
const OWN_TARGETS = new URL(`targets${ENDING}`, import.meta.url).href;
/** What native code writes to its last, such as why it gave up. */
const KEPT_OUTPUT_CHARS = 2000;

/**
 * One process that works on jobs, replaced when it dies or hangs: the input that it did so at is a finding, and the
 * next process goes on behind it.
 */
export class Lane implements AsyncDisposable {
  readonly #placeFile: string;
  readonly #onFinding: (finding: Finding) => void;
  readonly #module: string;
  readonly #deadMs: number;
  #child: ChildProcess | undefined;
  #output = '';

  /**
   * @param placeFile where its process keeps its place
   * @param options `module`: exports the targets, default ours; `deadMs`: an input may take so long
   */
  constructor(
    placeFile: string,
    onFinding: (finding: Finding) => void,
    { module = OWN_TARGETS, deadMs = DEAD_MS }: { module?: string; deadMs?: number } = {},
  ) {
    this.#placeFile = placeFile;
    this.#onFinding = onFinding;
    this.#module = module;
    this.#deadMs = deadMs;
  }

  /** @returns what came of its inputs; of several processes when some died */
  async run(job: Job): Promise<JobResult[]> {
    const results: JobResult[] = [];
    for (let rest: Job | undefined = job; rest; ) {
      const { result, diedAt } = await this.#attempt(rest);
      if (result) results.push(result);
      rest = diedAt === undefined || diedAt + 1 >= rest.to ? undefined : { ...rest, from: diedAt + 1 };
    }
    return results;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#child;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.disconnect();
    const kill = setTimeout(() => killAll(child, 'SIGKILL'), DEAD_MS);
    await gone;
    clearTimeout(kill);
  }

  #attempt(job: Job): Promise<{ result?: JobResult; diedAt?: number }> {
    const child = (this.#child ??= this.#start());
    return new Promise((resolve, reject) => {
      let reason: FindingKind = 'died';
      const onMessage = (answer: Answer): void => {
        if ('finding' in answer) return this.#onFinding(answer.finding);
        settle();
        if ('done' in answer) resolve({ result: answer.done });
        else reject(new Error(`${job.target}: ${answer.failed}`));
      };
      const onExit = (code: number | null, signal: string | null): void => {
        settle();
        this.#child = undefined;
        killAll(child, 'SIGKILL');
        const { index } = this.#place();
        if (index < 0)
          return reject(new Error(`${job.target}: the process ended (${signal ?? code})\n${this.#output}`));
        const detail = reason === 'hang' ? `more than ${this.#deadMs} ms` : `${signal ?? code}\n${this.#output}`;
        this.#onFinding({ target: job.target, seed: job.seed, index, kind: reason, detail });
        resolve({ diedAt: index });
      };
      const looking = setInterval(() => {
        const { index, sinceMs } = this.#place();
        if (index < 0 || sinceMs < this.#deadMs) return;
        reason = 'hang';
        killAll(child, 'SIGKILL');
      }, LOOK_EVERY_MS);
      const settle = (): void => {
        clearInterval(looking);
        child.off('message', onMessage).off('exit', onExit);
      };
      child.on('message', onMessage).on('exit', onExit);
      child.send(job);
    });
  }

  #start(): ChildProcess {
    writeFileSync(this.#placeFile, Buffer.alloc(PLACE_BYTES));
    const child = fork(CHILD, [this.#placeFile, this.#module], {
      execArgv: [...(ENDING === '.ts' ? ['--conditions=source', '--import', 'tsx'] : []), '--expose-gc'],
      env: { ...process.env, SULCUS_LOG_LEVEL: 'silent' },
      silent: true,
      // A group of its own: a broker that it started ends with it, however it ends.
      detached: true,
    });
    this.#output = '';
    const keep = (text: Buffer): void => {
      this.#output = `${this.#output}${text.toString()}`.slice(-KEPT_OUTPUT_CHARS);
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    return child;
  }

  /** The input that is under way, -1: none, and since when. */
  #place(): { index: number; sinceMs: number } {
    const place = readFileSync(this.#placeFile);
    return { index: place.readDoubleLE(0) - 1, sinceMs: Date.now() - place.readDoubleLE(8) };
  }
}

/** The process and all that it has started. */
function killAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid!, signal);
  } catch {
    // They have ended.
  }
}
