import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import { CheckpointStore } from '#libs/registry';
import type { BrokerProxy, Operation } from '../observe/broker-proxy.js';
import { RUN } from './recipe.js';

const POLL_MS = 300;
const WORK = /^(scan\.v1|batch\.v1)\.|^\$KV\.checkpoints\./;

/** What a checkpoint says of how far the run is. */
interface Manifest {
  progress: { passesOnSameData: number; step: number };
  pendingPublication: unknown;
}

/** Whether the pipeline gets on: what it stores, and whether the run has come to its end. */
export class Progress {
  /** When something was stored last that is work and not a report (`performance.now()`). */
  workedMs = -Infinity;
  /** Whether the newest checkpoint is that of the last epoch, with nothing left to publish. */
  isFinished = false;
  /** Whether batches were asked for already. */
  hasBegun = false;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(
    private readonly bus: Bus,
    proxy: BrokerProxy,
    private readonly epochs: number,
  ) {
    proxy.conversation.on('operation', ({ subject }: Operation) => {
      if (WORK.test(subject)) this.workedMs = performance.now();
      if (subject.startsWith('batch-request.v1.')) this.hasBegun = true;
    });
  }

  start(): void {
    this.#running = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #watch(): Promise<void> {
    const store = new CheckpointStore(this.bus);
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const found = await store.describe(RUN).catch(() => undefined);
      const manifest = found?.manifest as unknown as Manifest | undefined;
      if (manifest)
        this.isFinished =
          manifest.progress.passesOnSameData >= this.epochs && (manifest.pendingPublication ?? null) === null;
      await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}
