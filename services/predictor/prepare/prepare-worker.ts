import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { SulcusError } from '#libs/errors';
import type { FromWorker, ToWorker } from './protocol.js';

/** One image, ready for the network. */
export interface Prepared {
  /** SHA-256 of the encoded image, lower-case hexadecimal. */
  sampleId: string;
  /** `[height, width, channels]`, 0-255. */
  pixels: Uint8Array;
  /** Hash, decode and transform. */
  prepareMs: number;
}

interface Pending {
  resolve(prepared: Prepared): void;
  reject(error: SulcusError): void;
}

/** One worker thread as seen from the main thread. When it dies, what it had in hand fails and nothing else does. */
export class PrepareWorker {
  readonly #worker: Worker;
  readonly #pending = new Map<number, Pending>();
  readonly #knownTransforms = new Set<string>();
  readonly #exited: Promise<void>;
  #nextId = 0;
  /** Resolves when the worker has loaded its code; rejects when it cannot. */
  readonly ready: Promise<void>;

  constructor(onGone: (worker: PrepareWorker) => void) {
    this.#worker = startThread(new URL(`./worker${path.extname(import.meta.url)}`, import.meta.url));
    this.ready = new Promise((resolve, reject) => {
      this.#worker.on('message', (message: FromWorker) => {
        if (message.kind === 'ready') resolve();
        else this.#settle(message);
      });
      this.#worker.on('error', (error) => {
        reject(new SulcusError('INTERNAL', `A prepare worker failed: ${String(error)}`, { cause: error }));
      });
    });
    this.ready.catch(() => undefined); // told again by `exit` to whoever waits for an image
    this.#exited = new Promise((resolve) => {
      this.#worker.on('exit', () => {
        for (const pending of this.#pending.values()) pending.reject(new SulcusError('INTERNAL', 'The prepare worker that held this image ended'));
        this.#pending.clear();
        onGone(this);
        resolve();
      });
    });
  }

  /** Images sent and not yet answered. */
  get load(): number {
    return this.#pending.size;
  }

  /**
   * @param transform specification of the evaluation transform, sent once per worker
   * @throws what decoding says; `details.sampleId` is set
   */
  prepare(transformHash: string, transform: unknown, image: Uint8Array): Promise<Prepared> {
    if (!this.#knownTransforms.has(transformHash)) {
      this.#knownTransforms.add(transformHash);
      this.#send({ kind: 'transform', hash: transformHash, spec: transform });
    }
    const id = this.#nextId++;
    // A view may lie in a larger buffer, which posting would copy whole: take exactly these bytes and move them.
    const bytes = new Uint8Array(image);
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#send({ kind: 'image', id, transformHash, image: bytes }, [bytes.buffer]);
    });
  }

  /** Ends the thread when it has answered what it holds. */
  async close(): Promise<void> {
    this.#send({ kind: 'close' });
    await this.#exited;
  }

  #send(message: ToWorker, moved: ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, moved);
  }

  #settle(message: Exclude<FromWorker, { kind: 'ready' }>): void {
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.kind === 'prepared') {
      pending?.resolve({ sampleId: message.sampleId, pixels: message.pixels, prepareMs: message.prepareMs });
    } else {
      const details = message.sampleId === undefined ? message.details : { ...message.details, sampleId: message.sampleId };
      pending?.reject(new SulcusError(message.code, message.message, { details }));
    }
  }
}

/** Sources run through tsx, whose `--import` hook does not reach worker threads: there the thread registers it itself. */
function startThread(entry: URL): Worker {
  if (!entry.pathname.endsWith('.ts')) return new Worker(entry);
  return new Worker(`import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(entry.href)}); })`, { eval: true });
}
