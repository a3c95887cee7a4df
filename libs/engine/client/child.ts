import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gpuEnvironment } from '../tensorflow/gpus.js';
import { preloadMemory } from '../tensorflow/memory.js';
import type { EngineKind, Request, Response } from '../protocol/protocol.js';

export interface ChildOptions {
  /** Threads per op; default: as many as there are cores. */
  threads?: number;
  /** Whose kernels train; default: what SULCUS_ENGINE_KERNELS says. */
  kernels?: 'own' | 'tensorflow';
  /** Whose allocator gives tensors their memory; default: what SULCUS_ENGINE_MEMORY says. */
  memory?: 'own' | 'tensorflow';
  /** The process's nice value: 0 (default) to 19 (least urgent). */
  niceness?: number;
  /** Shown in the process list after `sulcus-engine`. */
  label?: string;
}

/** After this many bytes the event loop gets a turn: serialising is synchronous, and what is sent piles up in memory. */
const BURST_BYTES = 1 << 20;

/** How much of the process's error output is kept for the error that reports its end. */
const STDERR_TAIL_CHARACTERS = 4000;

/** The entry of each kind of engine, in whichever form this file runs: TypeScript source or compiled. */
const ENTRY: Readonly<Record<EngineKind, string>> = { tensorflow: '../tensorflow/main', portable: '../wasm/main' };
const entryOf = (kind: EngineKind): string =>
  fileURLToPath(new URL(`${ENTRY[kind]}${path.extname(import.meta.url)}`, import.meta.url));

function childEnvironment(
  kind: EngineKind,
  { threads, kernels, memory, niceness, label }: ChildOptions,
): NodeJS.ProcessEnv {
  return {
    // Informational and warning lines of the library are noise; errors stay.
    TF_CPP_MIN_LOG_LEVEL: '2',
    ...gpuEnvironment(),
    // Tensors in huge pages where the system offers them on request: a bfloat16 step of ResNet-50 takes 6 to 10 % less
    // processor time. (glibc from 2.35; others ignore it.)
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
    // One op at a time, on all cores: two at once take turns at them anyway, and keep more memory alive.
    TF_NUM_INTEROP_THREADS: '1',
    ...process.env,
    ...(kind === 'tensorflow' ? preloadMemory(memory) : {}),
    ...(threads === undefined ? {} : { TF_NUM_INTRAOP_THREADS: String(threads) }),
    ...(kernels === undefined ? {} : { SULCUS_ENGINE_KERNELS: kernels }),
    SULCUS_ENGINE_NICENESS: String(niceness ?? 0),
    SULCUS_ENGINE_LABEL: label ?? '',
  };
}

/** The engine process as seen from its parent: ordered messages in and out, and its end. */
export class EngineChild {
  readonly #process: ChildProcess;
  readonly #queue: { request: Request; bytes: number }[] = [];
  #sending = false;
  #stderr = '';

  constructor(
    kind: EngineKind,
    options: ChildOptions,
    onResponse: (response: Response) => void,
    onExit: (reason: string) => void,
  ) {
    this.#process = fork(entryOf(kind), [], {
      serialization: 'advanced',
      env: childEnvironment(kind, options),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const stderr = this.#process
      .stderr!.setEncoding('utf8')
      .on('data', (chunk: string) => (this.#stderr = (this.#stderr + chunk).slice(-STDERR_TAIL_CHARACTERS)));
    this.#process.on('message', onResponse);
    this.#process.on('exit', (code, signal) => {
      const report = (): void => onExit(this.#describeEnd(code, signal));
      // The last words may still be on their way. (The process's own 'close' event never comes after a disconnect.)
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
    return said === '' ? how : `${how}; its last words:\n${said}`;
  }
}
