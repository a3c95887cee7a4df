import type { IncomingMessage } from 'node:http';
import { abortable, Holdings, type Holding } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';

/** Bounds of requests at the same time. */
export interface BodyLimits {
  maxCalls: number;
  /** Of all of them together, that is no whole object yet. */
  maxBytes: number;
  /** On the average, once a body has been waited for for {@link BodyLimits.rateAfterMs}. */
  minBytesPerSecond: number;
  rateAfterMs: number;
}

const DEFAULT_LIMITS: BodyLimits = {
  maxCalls: LIMITS.httpCalls.value,
  maxBytes: LIMITS.httpUnfinishedBytes.value,
  minBytesPerSecond: LIMITS.httpBytesPerSecond.value,
  rateAfterMs: 30_000,
};

/** A request's body on its way. */
export interface Body {
  /**
   * As it comes. @throws BACKPRESSURE when it has to make room for another; DEADLINE_EXCEEDED when it comes too slowly
   */
  readonly chunks: AsyncIterable<Buffer>;
  /** Says how many bytes its reader keeps of what has not come whole. @throws BACKPRESSURE when there is no room */
  readonly hold: (bytes: number) => void;
}

/** What is read: a request's body, or an answer of others, whose size whoever asks bounds. */
export type ReadableBody = Pick<Body, 'chunks'> & Partial<Body>;

/**
 * What the requests of one server hold at the same time. Whoever begins one and does not go on gives way to others;
 * who waits for the server does not.
 */
export class Bodies {
  readonly #limits: BodyLimits;
  readonly #places: Holdings;
  readonly #bytes: Holdings;

  constructor(limits: BodyLimits = DEFAULT_LIMITS) {
    this.#limits = limits;
    this.#places = new Holdings(limits.maxCalls, (count) => `${count} calls are under way`);
    this.#bytes = new Holdings(limits.maxBytes, (bytes) => `Calls hold ${bytes} bytes of what has not come whole`);
  }

  /**
   * Runs `work` on a request from its first byte to its answer.
   *
   * @param work gets a signal that aborts with `signal`, and when the request has to make room
   * @throws BACKPRESSURE when too many are under way
   */
  async receive<T>(
    request: IncomingMessage,
    signal: AbortSignal,
    work: (body: Body, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const evicted = new AbortController();
    const ended = AbortSignal.any([signal, evicted.signal]);
    const place = this.#places.hold((error) => evicted.abort(error));
    const bytes = this.#bytes.hold((error) => evicted.abort(error));
    place.grow(1);
    place.keep();
    try {
      const hold = (held: number): void => {
        bytes.release();
        if (held > 0) bytes.grow(held);
      };
      return await work({ chunks: this.#inTime(request, [place, bytes], ended), hold }, ended);
    } finally {
      place.release();
      bytes.release();
    }
  }

  async *#inTime(
    request: IncomingMessage,
    holdings: readonly Holding[],
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, void, undefined> {
    // The answer goes the same way: an end of the reading must not end the connection.
    const chunks = request.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
    const { minBytesPerSecond, rateAfterMs } = this.#limits;
    let [waitedMs, came] = [0, 0];
    for (;;) {
      for (const holding of holdings) holding.grow(0);
      const startMs = performance.now();
      const next = await abortable(chunks.next(), signal);
      for (const holding of holdings) holding.keep();
      if (next.done) return;
      waitedMs += performance.now() - startMs;
      came += next.value.length;
      if (waitedMs > rateAfterMs && (1000 * came) / waitedMs < minBytesPerSecond)
        throw new SulcusError(
          'DEADLINE_EXCEEDED',
          `The request comes with less than ${minBytesPerSecond} bytes per second: send smaller ones`,
        );
      yield next.value;
    }
  }
}
