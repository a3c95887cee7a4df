import { ValueHistogram, type ValueCounts, type ValueWindow } from '#libs/dicom';
import { forgetOldest } from '#libs/memory';

/** Series remembered, each with the values of its slices so far. */
const MAX_SERIES = 64;

/**
 * The window of each series, from its slices up to now: a slice does not wait for those that follow. The window that a
 * sample got is stored with it.
 */
export class SeriesWindows {
  readonly #bySeries = new Map<string, ValueHistogram>();

  /**
   * @param slice what it measured
   * @returns undefined where it measured nothing
   */
  add(seriesId: string, slice: ValueCounts): ValueWindow | undefined {
    if (slice.values.length === 0) return undefined;
    const known = this.#bySeries.get(seriesId) ?? new ValueHistogram();
    // The series that was silent for longest goes first.
    this.#bySeries.delete(seriesId);
    this.#bySeries.set(seriesId, known);
    forgetOldest(this.#bySeries, MAX_SERIES);
    known.addAll(slice);
    return known.window();
  }
}
