import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PredictResponse } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';
import type { RequestCounts } from './summary.js';

/** A predictor that is restarting needs its engine and its model back: a client waits that long before it gives up. */
const DEADLINE_MS = 90_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

/**
 * Asks the predictor as a well-behaved application does: each request has a deadline, and one that meets a predictor
 * which is not there or not ready is sent again until then. Counts what it asked and what failed in the end.
 */
export class PatientClient implements Disposable {
  readonly counts: RequestCounts = { requests: 0, failedRequests: 0 };
  /** Model version of the last answer. */
  lastVersion = '';
  readonly #client: ReturnType<typeof createClient<'Predictor'>>;

  constructor(address: string) {
    this.#client = createClient('Predictor', address);
  }

  /** Resolves when the predictor answers for the first time; nothing is counted before. */
  async untilServing(image: Buffer, signal: AbortSignal): Promise<void> {
    for (;;) {
      try {
        const { modelVersion } = await unlessAborted(this.#client.predict({ image, name: 'first' }, { timeoutMs: 5000, signal }), signal);
        this.lastVersion = modelVersion;
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (!SulcusError.from(error).retryable) throw error;
        await sleep(500, undefined, { signal });
      }
    }
  }

  /** @throws the last error, when the deadline passes or the request can never succeed */
  async predict(image: Buffer, name: string, signal: AbortSignal): Promise<PredictResponse> {
    const deadlineMs = Date.now() + DEADLINE_MS;
    this.counts.requests++;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      try {
        const timeoutMs = Math.max(1, deadlineMs - Date.now());
        const response = await unlessAborted(this.#client.predict({ image, name }, { timeoutMs, signal }), signal);
        this.lastVersion = response.modelVersion;
        return response;
      } catch (error) {
        if (signal.aborted) {
          // Whoever stops asking has not been failed.
          this.counts.requests--;
          throw error;
        }
        if (!SulcusError.from(error).retryable || Date.now() + pauseMs > deadlineMs) {
          this.counts.failedRequests++;
          throw error;
        }
        await sleep(pauseMs, undefined, { signal });
      }
    }
  }

  [Symbol.dispose](): void {
    this.#client.close();
  }
}

/** A call that waits for a server to come back does not hear the signal: whoever asked need not wait for it. */
async function unlessAborted<T>(call: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new AbortController();
  try {
    return await Promise.race([call, once(signal, 'abort', { signal: aborted.signal }).then(() => Promise.reject(signal.reason as Error))]);
  } finally {
    aborted.abort();
  }
}
