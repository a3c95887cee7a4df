import { Notifier } from '#libs/async';
import { followScans, Streams, type Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';

/** A slice that was ingested. */
export interface StoredSlice {
  /** Place of the scan in its stream. */
  sequence: number;
  /** SHA-256 of the image, lower-case hexadecimal. */
  sampleId: string;
  /** Of DICOM slices: the series, mapped. */
  seriesId?: string;
  /** Place along the body, in mm, where the slice says it. */
  positionMm?: number;
}

/**
 * Is told of a slice of a study.
 *
 * @param arrivedUnixMs when it came, by the broker's clock for what was stored before the start
 */
export type OnSlice = (studyId: string, arrivedUnixMs: number) => void;

/** Without a message for this long, what is stored is taken to have been seen. */
const SILENCE_MS = 5000;

/**
 * Which scans belong to which study, learnt from the headers of the SCANS stream. It costs nothing until it is started
 * or first asked; then it keeps some 200 bytes for each scan that belongs to a study, or for each study.
 */
export class StudyIndex {
  readonly #bus: Bus;
  readonly #log: Logger;
  readonly #keepSlices: boolean;
  readonly #byStudy = new Map<string, StoredSlice[]>();
  readonly #stop = new AbortController();
  readonly #changed = new Notifier();
  #following: Promise<void> | undefined;
  #lastSequence = 0;
  /** Scans that were still to come when the newest was delivered. */
  #pending = 0;
  /** What the broker counts beyond the newest cannot be read. */
  #restIsUnreadable = false;
  #onSlice: OnSlice = () => undefined;

  /** @param options `keepSlices` false: remembers which studies there are, not their slices */
  constructor(bus: Bus, log: Logger, { keepSlices = true }: { keepSlices?: boolean } = {}) {
    this.#bus = bus;
    this.#log = log;
    this.#keepSlices = keepSlices;
  }

  /** Begins to follow the stream, from its beginning. */
  start(onSlice?: OnSlice): void {
    if (onSlice) this.#onSlice = onSlice;
    this.#following ??= this.#follow();
  }

  /**
   * Resolves when everything stored by now is known.
   *
   * @throws SERVICE_UNAVAILABLE when stopping; CANCELLED, DEADLINE_EXCEEDED by `signal`
   */
  async upToDate(signal: AbortSignal): Promise<void> {
    this.start();
    if (this.#bus.isSite) return await this.#readRest(signal);
    const { lastSequence, messages } = await this.#bus.statsOf(Streams.SCANS);
    const ended = AbortSignal.any([signal, this.#stop.signal]);
    while (!ended.aborted && messages > 0 && this.#lastSequence < lastSequence) {
      const before = this.#lastSequence;
      await this.#changed.wait(ended, SILENCE_MS);
      // The newest scan may have been deleted: when nothing more comes, there is nothing more.
      const isAll = this.#restIsUnreadable || (before > 0 && this.#pending === 0);
      if (before === this.#lastSequence && isAll) break;
    }
    this.#throwIfEnded(signal);
  }

  /** Whether a study has a slice. @throws as {@link upToDate}, which is only waited for when none is known yet */
  async has(studyId: string, signal: AbortSignal): Promise<boolean> {
    if (!this.#byStudy.has(studyId)) await this.upToDate(signal);
    return this.#byStudy.has(studyId);
  }

  /**
   * In the order of the stream, slices of a DICOM series together and as they lie in the body; empty where none is.
   */
  slicesOf(studyId: string): readonly StoredSlice[] {
    const slices = this.#byStudy.get(studyId) ?? [];
    if (slices.every(({ seriesId }) => seriesId === undefined)) return slices;
    return slices.toSorted(
      (left, right) =>
        compare(left.seriesId ?? '', right.seriesId ?? '') || (left.positionMm ?? 0) - (right.positionMm ?? 0),
    );
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#following;
  }

  /** A site sees no state of the stream: it reads what lies behind the newest that it has seen. */
  async #readRest(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.#stop.signal]);
    const rest = { storedOnly: true, startSequence: this.#lastSequence + 1, signal: ended };
    for await (const { sequence, sampleId, studyId } of followScans(this.#bus, rest))
      if (studyId !== '' && sampleId !== '') this.#add(studyId, { sequence, sampleId });
    this.#throwIfEnded(signal);
  }

  /** @throws as {@link upToDate} */
  #throwIfEnded(signal: AbortSignal): void {
    if (signal.aborted) throw SulcusError.from(signal.reason);
    if (this.#stop.signal.aborted)
      throw new SulcusError('SERVICE_UNAVAILABLE', 'The scans are no longer followed: ask another instance');
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stop;
    let caughtUp = false;
    try {
      const onUnreadable = (): void => {
        this.#restIsUnreadable = true;
        caughtUp = true;
        this.#changed.notify();
      };
      const scans = followScans(this.#bus, { signal, onUnreadable });
      for await (const { sequence, sampleId, studyId, timeUnixMs, pending, dicom } of scans) {
        this.#restIsUnreadable = false;
        if (studyId !== '' && sampleId !== '') {
          const { seriesId, positionMm } = dicom ?? {};
          this.#add(studyId, {
            sequence,
            sampleId,
            ...(seriesId && { seriesId }),
            ...(positionMm !== undefined && { positionMm }),
          });
          this.#onSlice(studyId, caughtUp ? Date.now() : Math.min(Date.now(), timeUnixMs));
        }
        caughtUp ||= pending === 0;
        this.#pending = pending;
        this.#lastSequence = sequence;
        this.#changed.notify();
      }
    } catch (error) {
      if (!signal.aborted) this.#log.error({ err: error }, 'the scans of studies are no longer followed');
      this.#stop.abort();
    }
  }

  #add(studyId: string, slice: StoredSlice): void {
    const slices = this.#byStudy.get(studyId) ?? [];
    if (this.#keepSlices) {
      // A slice that comes back from the archive lies elsewhere in the stream.
      const before = slices.findIndex(({ sampleId }) => sampleId === slice.sampleId);
      if (before >= 0) slices.splice(before, 1);
      slices.push(slice);
    }
    this.#byStudy.set(studyId, slices);
  }
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
