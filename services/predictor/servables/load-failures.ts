import type { SulcusError } from '#libs/errors';

interface LoadFailure {
  error: SulcusError;
  attempts: number;
  /** Move of the alias that led to the attempt. */
  revision: number;
  /** Time of the next attempt; Infinity when another attempt cannot help. */
  retryAtMs: number;
}

/** First pause after a failure that is retried; doubles up to the second. */
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 30_000;

/** Whether another attempt can help: trouble of the machine or the bus passes, a bad version stays bad. */
export function isRetryable(error: SulcusError): boolean {
  return error.retryable || error.code === 'ENGINE_UNAVAILABLE';
}

/** Remembers which versions could not be loaded, and when each may be tried again. */
export class LoadFailures {
  readonly #byVersion = new Map<string, LoadFailure>();

  /** Notes a failure. Permanent ones stay until the alias moves onto the version anew. */
  add(version: string, revision: number, error: SulcusError): void {
    const attempts = (this.#byVersion.get(version)?.attempts ?? 0) + 1;
    const pauseMs = isRetryable(error) ? Math.min(RETRY_FIRST_MS * 2 ** (attempts - 1), RETRY_LAST_MS) : Infinity;
    this.#byVersion.set(version, { error, attempts, revision, retryAtMs: Date.now() + pauseMs });
  }

  clear(version: string): void {
    this.#byVersion.delete(version);
  }

  /** Why the version is not loaded, when it failed before. */
  of(version: string): SulcusError | undefined {
    return this.#byVersion.get(version)?.error;
  }

  /** @param revision the alias' present revision when it points to the version, else undefined */
  mayLoad(version: string, revision: number | undefined): boolean {
    const failure = this.#byVersion.get(version);
    if (!failure) return true;
    return (revision !== undefined && revision !== failure.revision) || Date.now() >= failure.retryAtMs;
  }

  /** Milliseconds until some version may be tried again, Infinity when none will. */
  nextInMs(): number {
    const times = [...this.#byVersion.values()].map(({ retryAtMs }) => retryAtMs - Date.now()).filter((ms) => ms > 0);
    return Math.min(Infinity, ...times);
  }
}
