import type { SulcusError } from '#libs/errors';

interface LoadFailure {
  error: SulcusError;
  attempts: number;
  /** Move of the alias that led to the attempt. */
  revision: number;
  /** Time of the next attempt (`performance.now()`: no clock that is set); Infinity when another cannot help. */
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
    this.#byVersion.set(version, { error, attempts, revision, retryAtMs: performance.now() + pauseMs });
  }

  clear(version: string): void {
    this.#byVersion.delete(version);
  }

  /** Why the version is not loaded, when it failed before. */
  of(version: string): SulcusError | undefined {
    return this.#byVersion.get(version)?.error;
  }

  /**
   * @param revision the alias' present revision when it points to the version, else undefined
   * @param nowMs the instant in question (`performance.now()`)
   */
  mayLoad(version: string, revision: number | undefined, nowMs: number): boolean {
    const failure = this.#byVersion.get(version);
    if (!failure) return true;
    return (revision !== undefined && revision !== failure.revision) || nowMs >= failure.retryAtMs;
  }

  /** Milliseconds from an instant until some version that may not be tried then may be; undefined when none will. */
  nextInMs(nowMs: number): number | undefined {
    const times = [...this.#byVersion.values()].map(({ retryAtMs }) => retryAtMs - nowMs).filter((ms) => ms > 0);
    const next = Math.min(...times);
    return Number.isFinite(next) ? Math.ceil(next) : undefined;
  }
}
