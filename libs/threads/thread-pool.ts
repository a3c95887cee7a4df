import { insertByPriority } from '#libs/async';
import { SulcusError } from '#libs/errors';
import type { ThreadMethods } from './protocol.js';
import type { ThreadClient } from './thread-client.js';

export interface ThreadPoolOptions {
  /** How many, at least 1. */
  threads: number;
  /** Tasks that one thread has in hand at a time; the others wait in the pool. */
  tasksPerThread: number;
}

export interface TaskOptions {
  /** Takes a task that still waits out of the pool. */
  signal?: AbortSignal | undefined;
  /** The lowest number goes first, and among equals the one that came first. Default: 0. */
  priority?: number | undefined;
}

/** Something to do that waits for a thread. */
interface Task<Methods extends ThreadMethods> {
  priority: number;
  start(client: ThreadClient<Methods>): Promise<unknown>;
  fail(error: SulcusError): void;
}

interface Member<Methods extends ThreadMethods> {
  readonly client: ThreadClient<Methods>;
  /** Tasks in hand. */
  load: number;
}

/**
 * Threads that share tasks: each goes to the thread that has the fewest in hand. What a thread had in hand when it
 * ended fails, and another takes its place when there is work for it.
 */
export class ThreadPool<Methods extends ThreadMethods> {
  readonly #startThread: () => ThreadClient<Methods>;
  readonly #options: ThreadPoolOptions;
  #members: Member<Methods>[] = [];
  readonly #waiting: Task<Methods>[] = [];
  #closed = false;

  constructor(startThread: () => ThreadClient<Methods>, options: ThreadPoolOptions) {
    this.#startThread = startThread;
    this.#options = options;
    this.#fill();
  }

  /**
   * Does a task in one of the threads.
   *
   * @throws what the task throws; INTERNAL (retryable) when its thread ends; CANCELLED or DEADLINE_EXCEEDED when
   * `signal` aborts before a thread took it; SERVICE_UNAVAILABLE when the pool closes before
   */
  run<T>(task: (client: ThreadClient<Methods>) => Promise<T>, { signal, priority = 0 }: TaskOptions = {}): Promise<T> {
    if (this.#closed) return Promise.reject(closing());
    if (signal?.aborted) return Promise.reject(SulcusError.from(signal.reason));
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        const index = this.#waiting.indexOf(entry);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(SulcusError.from(signal!.reason));
      };
      const settle = (result: Promise<T>): Promise<T> => {
        signal?.removeEventListener('abort', onAbort);
        resolve(result);
        return result;
      };
      const entry: Task<Methods> = {
        priority,
        start: (client) => settle(task(client)),
        fail: (error) => void settle(Promise.reject(error)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      insertByPriority(this.#waiting, entry);
      this.#dispatch();
    });
  }

  /** Does something in every thread, whatever they have in hand. */
  async runInAll(task: (client: ThreadClient<Methods>) => Promise<unknown>): Promise<void> {
    if (this.#closed) throw closing();
    this.#fill();
    await Promise.all(this.#members.map(({ client }) => task(client)));
  }

  /** Ends the threads when they have answered what they hold. Waiting tasks fail. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const task of this.#waiting.splice(0)) task.fail(closing());
    await Promise.all(this.#members.map(({ client }) => client.close()));
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      this.#fill();
      const member = this.#leastLoaded();
      if (member.load >= this.#options.tasksPerThread) return;
      const task = this.#waiting.shift()!;
      member.load++;
      const done = task.start(member.client).finally(() => {
        member.load--;
        this.#dispatch();
      });
      done.catch(() => undefined); // the caller sees it, or gave up and looks no more
    }
  }

  #leastLoaded(): Member<Methods> {
    return this.#members.reduce((best, member) => (member.load < best.load ? member : best));
  }

  #fill(): void {
    this.#members = this.#members.filter(({ client }) => !client.ended);
    while (this.#members.length < this.#options.threads) this.#members.push({ client: this.#startThread(), load: 0 });
  }
}

const closing = (): SulcusError => new SulcusError('SERVICE_UNAVAILABLE', 'The threads are closing');
