import type { SulcusError } from '#libs/errors';

interface Setback {
  error: SulcusError;
  attempts: number;
  /** Move of the alias that led to the attempt. */
  revision: number;
  /** Time of the next attempt; Infinity when another attempt cannot help. */
  retryAtMs: number;
}

/** First pause after a failure that may pass; doubles up to the second. */
const RETRY_FIRST_MS = 500;
const RETRY_LAST_MS = 30_000;

/** Whether another attempt can help: trouble of the machine or the bus may pass, a bad version stays bad. */
export function mayPass(error: SulcusError): boolean {
  return error.retryable || error.code === 'ENGINE_UNAVAILABLE';
}

/** Remembers which versions could not be brought into service, and when each may be tried again. */
export class Setbacks {
  readonly #byVersion = new Map<string, Setback>();

  /** Notes a failure. Permanent ones stay until the alias moves onto the version anew. */
  add(version: string, revision: number, error: SulcusError): void {
    const attempts = (this.#byVersion.get(version)?.attempts ?? 0) + 1;
    const pauseMs = mayPass(error) ? Math.min(RETRY_FIRST_MS * 2 ** (attempts - 1), RETRY_LAST_MS) : Infinity;
    this.#byVersion.set(version, { error, attempts, revision, retryAtMs: Date.now() + pauseMs });
  }

  clear(version: string): void {
    this.#byVersion.delete(version);
  }

  /** Why the version is not in service, when it failed before. */
  of(version: string): SulcusError | undefined {
    return this.#byVersion.get(version)?.error;
  }

  /** @param revision the alias' present revision when it points to the version, else undefined */
  mayTry(version: string, revision: number | undefined): boolean {
    const setback = this.#byVersion.get(version);
    if (!setback) return true;
    return (revision !== undefined && revision !== setback.revision) || Date.now() >= setback.retryAtMs;
  }

  /** Milliseconds until some version may be tried again, Infinity when none will. */
  nextInMs(): number {
    const times = [...this.#byVersion.values()].map((setback) => setback.retryAtMs - Date.now()).filter((ms) => ms > 0);
    return Math.min(Infinity, ...times);
  }
}
