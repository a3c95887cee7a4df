import { forgetOldest } from '#libs/memory';
import type { ArchivedSeries } from './archive.js';

/** Series that did not come whole are tried once a day at least. */
const LONGEST_MS = 24 * 60 * 60_000;
const MAX_REMEMBERED = 10_000;

interface Failures {
  count: number;
  notBeforeMs: number;
}

/**
 * Series that did not come whole since the start. What an archive cannot send is not asked of it at every look: the
 * pauses double, up to a day.
 */
export class FailedSeries {
  readonly #failures = new Map<string, Failures>();

  mayTry({ seriesUid }: ArchivedSeries, nowMs: number): boolean {
    return nowMs >= (this.#failures.get(seriesUid)?.notBeforeMs ?? 0);
  }

  /** @param pauseMs between two looks */
  note({ seriesUid }: ArchivedSeries, nowMs: number, pauseMs: number): void {
    const count = (this.#failures.get(seriesUid)?.count ?? 0) + 1;
    this.#failures.delete(seriesUid);
    // The first failure may be one of the moment: the next look tries again.
    const waitMs = count === 1 ? 0 : Math.min(LONGEST_MS, pauseMs * 2 ** (count - 1));
    this.#failures.set(seriesUid, { count, notBeforeMs: nowMs + waitMs });
    forgetOldest(this.#failures, MAX_REMEMBERED);
  }

  forget({ seriesUid }: ArchivedSeries): void {
    this.#failures.delete(seriesUid);
  }
}
