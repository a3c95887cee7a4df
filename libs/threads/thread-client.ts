import { Worker } from 'node:worker_threads';
import { SulcusError } from '#libs/errors';
import type { ThreadMethods, ThreadReply, ThreadRequest } from './protocol.js';

interface Pending {
  resolve(value: unknown): void;
  reject(error: SulcusError): void;
}

/** Calls functions that a worker thread serves with `serveThread`. When the thread ends, what it had in hand fails. */
export class ThreadClient<Methods extends ThreadMethods> {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #exited: Promise<void>;
  #ended = false;
  #nextId = 0;

  /**
   * @param entry the thread's module: TypeScript source or compiled, as the caller runs itself
   * @param what names the thread in errors
   * @param workerData what the thread finds as its `workerData`; it is cloned
   */
  constructor(entry: URL, what: string, workerData?: unknown) {
    this.#worker = startThread(entry, workerData);
    let cause: Error | undefined;
    this.#worker.on('message', (reply: ThreadReply) => this.#settle(reply));
    this.#worker.on('error', (error) => (cause = error instanceof Error ? error : new Error(String(error))));
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        this.#ended = true;
        const ended = new SulcusError(
          'INTERNAL',
          `The ${what} ended${cause === undefined ? '' : `: ${cause.message}`}`,
          { cause },
        );
        for (const pending of this.#pending.values()) pending.reject(ended);
        this.#pending.clear();
        resolve();
      });
    });
  }

  /** Calls sent and not yet answered. */
  get load(): number {
    return this.#pending.size;
  }

  /** Whether the thread has ended: calls fail. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when the thread has ended, however it did. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /**
   * @param moved buffers that are handed over instead of copied; they are empty here afterwards
   * @throws what the function throws, as a SulcusError; INTERNAL when the thread ends first
   */
  call<Name extends keyof Methods & string>(
    name: Name,
    argument: Parameters<Methods[Name]>[0],
    moved: ArrayBuffer[] = [],
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    if (this.#ended) return Promise.reject(new SulcusError('INTERNAL', `Thread call ${name} after the thread's end`));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      const request: ThreadRequest = { id, name, argument };
      this.#worker.postMessage(request, moved);
    });
  }

  /** Lets the thread answer what it holds and end. */
  async close(): Promise<void> {
    if (!this.#ended) this.#worker.postMessage('close');
    await this.#exited;
  }

  /** Ends the thread at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(reply: ThreadReply): void {
    const pending = this.#pending.get(reply.id);
    this.#pending.delete(reply.id);
    if ('value' in reply) pending?.resolve(reply.value);
    else pending?.reject(new SulcusError(reply.error.code, reply.error.message, { details: reply.error.details }));
  }
}

/**
 * Sources run through tsx, whose `--import` hook does not reach worker threads: there the thread registers it itself.
 */
function startThread(entry: URL, workerData: unknown): Worker {
  if (!entry.pathname.endsWith('.ts')) return new Worker(entry, { workerData });
  return new Worker(
    `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(entry.href)}); })`,
    { eval: true, workerData },
  );
}
