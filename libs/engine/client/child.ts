import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { EngineImplementation, ProcessOptions } from '../protocol/engine-kind.js';
import type { Request, Response } from '../protocol/messages.js';

/**
 * After this many bytes the event loop gets a turn: serialising is synchronous, and what is sent piles up in memory.
 */
const BURST_BYTES = 1 << 20;

/** How much of the process's error output is kept for the error that reports its end. */
const STDERR_TAIL_CHARACTERS = 4000;

/** The module of a kind of engine, as what this file is: TypeScript source or compiled. */
const mainModule = ({ main }: EngineImplementation): string =>
  fileURLToPath(`${main.href}${path.extname(import.meta.url)}`);

function childEnvironment(implementation: EngineImplementation, options: ProcessOptions): NodeJS.ProcessEnv {
  const { defaults, overrides } = implementation.environment(options);
  return {
    ...defaults,
    ...process.env,
    ...overrides,
    SULCUS_ENGINE_NICENESS: String(options.niceness ?? 0),
    SULCUS_ENGINE_LABEL: options.label ?? '',
  };
}

/** The engine process as seen from its parent: ordered messages in and out, and its end. */
export class EngineChild {
  readonly #process: ChildProcess;
  readonly #queue: { request: Request; bytes: number }[] = [];
  #sending = false;
  #stderr = '';

  constructor(
    implementation: EngineImplementation,
    options: ProcessOptions,
    onResponse: (response: Response) => void,
    onExit: (reason: string) => void,
  ) {
    this.#process = fork(mainModule(implementation), [], {
      serialization: 'advanced',
      env: childEnvironment(implementation, options),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const stderr = this.#process
      .stderr!.setEncoding('utf8')
      .on('data', (chunk: string) => (this.#stderr = (this.#stderr + chunk).slice(-STDERR_TAIL_CHARACTERS)));
    this.#process.on('message', onResponse);
    this.#process.on('exit', (code, signal) => {
      const report = (): void => onExit(this.#describeEnd(code, signal));
      // The end of the error output may still be on its way. (The process's own 'close' event never comes after a
      // disconnect.)
      if (stderr.closed) report();
      else stderr.once('close', report);
    });
    // The process could not be started at all.
    this.#process.on('error', (error) => onExit(error.message));
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  /** Queues a message; messages arrive in the order of the calls. */
  send(request: Request, bytes = 0): void {
    this.#queue.push({ request, bytes });
    if (!this.#sending) void this.#drain();
  }

  /** Lets the process finish what it does and end; ends it by force after `graceMs`. */
  stop(graceMs: number): void {
    if (this.#process.connected) this.#process.disconnect();
    const force = setTimeout(() => this.#process.kill('SIGKILL'), graceMs);
    this.#process.once('exit', () => clearTimeout(force));
  }

  async #drain(): Promise<void> {
    this.#sending = true;
    let burst = 0;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      // A failed send means that the process is gone; its end is reported by 'exit'.
      const sent = new Promise<void>((resolve) => this.#process.send(next.request, () => resolve()));
      burst += next.bytes;
      if (burst < BURST_BYTES) continue;
      await sent;
      burst = 0;
    }
    this.#sending = false;
  }

  #describeEnd(code: number | null, signal: NodeJS.Signals | null): string {
    const how = signal ? `was ended by ${signal}` : `ended with code ${code}`;
    const said = this.#stderr.trim();
    return said === '' ? how : `${how}; the end of its error output:\n${said}`;
  }
}
