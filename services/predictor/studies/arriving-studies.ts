import { abortable, Holdings } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';

/** Bounds of studies that are being sent. */
export interface ArrivalLimits {
  maxStudies: number;
  /** Slices of all of them together, until they are answered. */
  maxBytes: number;
  /** Between two slices. */
  idleMs: number;
  /** From the first to the last slice. */
  sendMs: number;
}

const DEFAULT_LIMITS: ArrivalLimits = {
  maxStudies: LIMITS.arrivingStudies.value,
  maxBytes: LIMITS.arrivingStudyBytes.value,
  idleMs: LIMITS.studySliceIdleMs.value,
  sendMs: LIMITS.studySendMs.value,
};

/** A study that is being sent, until it is answered. */
export interface Arrival {
  /** Aborts with the call, and when the study has to make room for another. */
  readonly signal: AbortSignal;
  /** Messages as they come. @throws DEADLINE_EXCEEDED when the next one, or the last, takes too long */
  inTime<T>(messages: AsyncIterable<T>): AsyncGenerator<T, void, undefined>;
  /** Counts a slice. @throws BACKPRESSURE when there is no room for it */
  take(sizeBytes: number): void;
}

/**
 * Bounds what is held of studies whose slices are still coming. Whoever begins a study and does not go on keeps nobody
 * out: it takes no place of those in work, gives way to others, and ends after a while.
 */
export class ArrivingStudies {
  readonly #limits: ArrivalLimits;
  readonly #places: Holdings;
  readonly #bytes: Holdings;

  constructor(limits: ArrivalLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#places = new Holdings(limits.maxStudies, (count) => `${count} studies are being sent`);
    this.#bytes = new Holdings(limits.maxBytes, (bytes) => `Studies that are being sent hold ${bytes} bytes`);
  }

  /** Runs `work` on a study from its first message to its answer. @throws BACKPRESSURE when too many are being sent */
  async receive<T>(signal: AbortSignal, work: (arrival: Arrival) => Promise<T>): Promise<T> {
    const evicted = new AbortController();
    const ended = AbortSignal.any([signal, evicted.signal]);
    const place = this.#places.hold((error) => evicted.abort(error));
    const bytes = this.#bytes.hold((error) => evicted.abort(error));
    const limits = this.#limits;
    place.grow(1);
    try {
      return await work({
        signal: ended,
        take: (sizeBytes) => {
          place.grow(0);
          bytes.grow(sizeBytes);
        },
        async *inTime(messages) {
          yield* readInTime(messages, ended, limits);
          place.keep();
          bytes.keep();
        },
      });
    } finally {
      place.release();
      bytes.release();
    }
  }
}

async function* readInTime<T>(
  messages: AsyncIterable<T>,
  signal: AbortSignal,
  { idleMs, sendMs }: ArrivalLimits,
): AsyncGenerator<T, void, undefined> {
  const iterator = messages[Symbol.asyncIterator]();
  const beganMs = performance.now();
  try {
    for (;;) {
      const leftMs = Math.max(0, Math.min(idleMs, beganMs + sendMs - performance.now()));
      const next = await within(iterator.next(), leftMs, signal, idleMs);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // Waiting for it would wait for the message that does not come.
    void iterator.return?.();
  }
}

async function within<T>(next: Promise<T>, timeMs: number, signal: AbortSignal, idleMs: number): Promise<T> {
  const late = new AbortController();
  const timer = setTimeout(() => {
    const reason =
      timeMs < idleMs ? 'The study takes too long to send' : `No slice of the study has come for ${idleMs / 1000} s`;
    late.abort(new SulcusError('DEADLINE_EXCEEDED', `${reason}: send it again`));
  }, timeMs);
  try {
    return await abortable(next, AbortSignal.any([signal, late.signal]));
  } finally {
    clearTimeout(timer);
  }
}
