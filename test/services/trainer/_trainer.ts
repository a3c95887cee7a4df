import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from '../../helpers/until.js';
import { CLASSES, RECIPE } from './_stream.js';

/** A trainer as a process of its own. */
export interface TrainerProcess {
  readonly process: ChildProcess;
  /** What it has written to stderr so far. */
  output(): string;
  /** Its exit code, once it has ended and all its output is read; null: a signal ended it. */
  readonly ended: Promise<number | null>;
  /** Asks it to end, and waits for it. */
  stop(): Promise<number | null>;
  kill(): Promise<void>;
}

/** Starts trainers of recipes against a broker. {@link close} kills what still runs. */
export class TrainerStarter {
  readonly #natsUrl: string;
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'sulcus-trainer-'));
  readonly #started: TrainerProcess[] = [];

  constructor(natsUrl: string) {
    this.#natsUrl = natsUrl;
  }

  get started(): readonly TrainerProcess[] {
    return this.#started;
  }

  file(name: string): string {
    return path.join(this.#folder, name);
  }

  /** @param overrides of the recipe of these tests */
  start(run: string, environment: Record<string, string> = {}, overrides: object = {}): TrainerProcess {
    const recipe = this.file(`${run}.json`);
    writeFileSync(recipe, JSON.stringify({ ...RECIPE, ...overrides }));
    const child = spawn(
      process.execPath,
      [...process.execArgv.filter((flag) => !flag.startsWith('--test')), path.resolve('dist/services/trainer/main.js')],
      {
        env: {
          ...process.env,
          SULCUS_NATS_URL: this.#natsUrl,
          SULCUS_RUN: run,
          SULCUS_CLASSES: CLASSES.join(','),
          SULCUS_RECIPE: recipe,
          SULCUS_ENGINE_THREADS: '1',
          SULCUS_LOG_LEVEL: 'info',
          NODE_TEST_CONTEXT: '',
          ...environment,
        },
        stdio: ['ignore', 'inherit', 'pipe'],
      },
    );
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const end = (signal: NodeJS.Signals): Promise<number | null> => {
      child.kill(signal);
      return ended;
    };
    const trainer: TrainerProcess = {
      process: child,
      output: () => text,
      ended,
      stop: async () => {
        // One that has only just begun knows no order to stop.
        await Promise.race([ended, until(() => text.includes('"msg"'), 'the trainer to say something', 30_000)]);
        return await end('SIGTERM');
      },
      kill: async () => void (await end('SIGKILL')),
    };
    this.#started.push(trainer);
    return trainer;
  }

  close(): void {
    for (const trainer of this.#started) trainer.process.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}
