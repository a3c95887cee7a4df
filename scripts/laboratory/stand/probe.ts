import { setTimeout as sleep } from 'node:timers/promises';
import { PredictorClient } from '#libs/client';

const INTERVAL_MS = 150;
/** A client that retries as it should gets its answer within this, whatever happens to the predictor. */
const DEADLINE_MS = 30_000;

/** Asks for predictions all along, and counts those that fail though the client tried again as it should. */
export class Probe {
  requests = 0;
  failed = 0;
  /** When the newest answered request was sent, and when its answer came (`performance.now()`). */
  sentMs = -Infinity;
  answeredMs = -Infinity;
  lastVersion = '';
  /** What the requests that failed ended with. */
  readonly failures: string[] = [];
  readonly #client: PredictorClient;
  readonly #image: Buffer;
  readonly #stop = new AbortController();
  /** Windows in which nobody expects answers that are open now. */
  #declared = 0;
  #declarations = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(address: string, image: Buffer) {
    this.#client = new PredictorClient(address, { timeoutMs: DEADLINE_MS });
    this.#image = image;
  }

  /** Whether a prediction was ever answered: from then on all must be. */
  get hasServed(): boolean {
    return this.answeredMs > -Infinity;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Runs something during which failing requests count as announced, such as a launcher that is stopped. */
  async announced(work: () => Promise<void>): Promise<void> {
    this.#declared++;
    this.#declarations++;
    try {
      await work();
    } finally {
      this.#declared--;
    }
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
    this.#client.close();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      await this.#ask(signal);
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #ask(signal: AbortSignal): Promise<void> {
    const declarations = this.#declarations;
    const wasDeclared = this.#declared > 0;
    const sentMs = performance.now();
    try {
      const timeoutMs = this.hasServed ? DEADLINE_MS : Infinity;
      const { modelVersion } = await this.#client.predict(this.#image, { timeoutMs, signal });
      this.requests++;
      [this.sentMs, this.answeredMs, this.lastVersion] = [sentMs, performance.now(), modelVersion];
    } catch (error) {
      if (signal.aborted) return;
      this.requests++;
      if (wasDeclared || this.#declared > 0 || declarations !== this.#declarations) return;
      this.failed++;
      this.failures.push((error as Error).message);
    }
  }
}
