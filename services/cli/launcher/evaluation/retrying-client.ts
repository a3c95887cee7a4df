import { PredictorClient } from '#libs/client';
import type { PredictResponse } from '#libs/contracts';
import type { RequestCounts } from '../summary.js';

/** A predictor that is restarting needs its engine and its model back: a client waits that long before it gives up. */
const DEADLINE_MS = 90_000;

/**
 * Asks the predictor as a well-behaved application does: a request that meets a predictor which is not there or not
 * ready is sent again until its deadline. Counts the requests and those that failed in the end.
 */
export class RetryingClient implements Disposable {
  readonly counts: RequestCounts = { requests: 0, failedRequests: 0 };
  /** Model version of the last answer. */
  lastVersion = '';
  readonly #client: PredictorClient;

  constructor(address: string) {
    this.#client = new PredictorClient(address, { timeoutMs: DEADLINE_MS });
  }

  /** Resolves when the predictor answers for the first time; nothing is counted before. */
  async untilServing(image: Buffer, signal: AbortSignal): Promise<void> {
    const { modelVersion } = await this.#client.predict(image, { name: 'first', timeoutMs: Infinity, signal });
    this.lastVersion = modelVersion;
  }

  /** @throws the last error, when the deadline passes or the request can never succeed */
  async predict(image: Buffer, name: string, signal: AbortSignal): Promise<PredictResponse> {
    this.counts.requests++;
    try {
      const response = await this.#client.predict(image, { name, signal });
      this.lastVersion = response.modelVersion;
      return response;
    } catch (error) {
      // Whoever stops asking has not been failed.
      if (signal.aborted) this.counts.requests--;
      else this.counts.failedRequests++;
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}
