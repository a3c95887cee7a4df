import { LIMITS } from '#libs/limits';
import type { ServerHttp2Stream } from 'node:http2';

/** Bounds of answers that wait for their clients to read them. */
export interface UnreadLimits {
  maxBytes: number;
  /** So long any answer may wait, and longer by what it has of bytes at {@link UnreadLimits.minBytesPerSecond}. */
  patienceMs: number;
  minBytesPerSecond: number;
}

export const DEFAULT_UNREAD_LIMITS: UnreadLimits = {
  maxBytes: LIMITS.unreadBytes.value,
  patienceMs: LIMITS.unreadMs.value,
  minBytesPerSecond: LIMITS.messageBytesPerSecond.value,
};

/** A call whose answer waits counts as so many bytes at least: what grpc-js and Node keep of one. */
const CALL_BYTES = 16 * 1024;
/** Where all is too much, what has waited longest goes until so much is left: calls are not looked through for each. */
const KEPT_SHARE = 0.75;

interface Waiting {
  /** Of the answer, as of the last look. */
  bytes: number;
  sinceMs: number;
}

/**
 * Bounds what clients have asked and do not read: one whose window is closed has the server hold each answer for as
 * long as it likes.
 */
export class UnreadAnswers {
  readonly #limits: UnreadLimits;
  /** The one that moved longest ago first. */
  readonly #waiting = new Map<ServerHttp2Stream, Waiting>();
  readonly #end: (stream: ServerHttp2Stream) => void;
  #bytes = 0;

  /** @param end ends a call, and may end others with it */
  constructor(end: (stream: ServerHttp2Stream) => void, limits: UnreadLimits = DEFAULT_UNREAD_LIMITS) {
    this.#end = end;
    this.#limits = limits;
  }

  /** Bytes that answers count as. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Follows the answer of a call from before it is written. */
  watch(stream: ServerHttp2Stream): void {
    const write = stream.write.bind(stream) as (...given: unknown[]) => boolean;
    stream.write = (...given: unknown[]): boolean => {
      const isTaken = write(...given);
      this.#count(stream);
      if (this.#bytes > this.#limits.maxBytes) this.#makeRoom();
      return isTaken;
    };
    stream.on('drain', () => this.#count(stream));
    stream.once('finish', () => this.#forget(stream));
    stream.once('close', () => this.#forget(stream));
  }

  /** Ends what has waited for too long; called regularly. */
  endIdle(): void {
    const { patienceMs, minBytesPerSecond } = this.#limits;
    const nowMs = performance.now();
    this.#countAll();
    for (const [stream, { bytes, sinceMs }] of this.#waiting)
      if (nowMs - sinceMs > patienceMs + (1000 * bytes) / minBytesPerSecond) this.#give(stream);
  }

  #makeRoom(): void {
    this.#countAll();
    if (this.#bytes <= this.#limits.maxBytes) return;
    for (const stream of this.#waiting.keys()) {
      if (this.#bytes <= KEPT_SHARE * this.#limits.maxBytes) return;
      this.#give(stream);
      // With its connection others may have gone.
      this.#countAll();
    }
  }

  #give(stream: ServerHttp2Stream): void {
    this.#forget(stream);
    this.#end(stream);
  }

  #countAll(): void {
    for (const stream of this.#waiting.keys()) this.#count(stream);
  }

  /** One that has moved begins to wait anew. */
  #count(stream: ServerHttp2Stream): void {
    const bytes = stream.destroyed ? 0 : stream.writableLength;
    if (this.#waiting.get(stream)?.bytes === bytes) return;
    this.#forget(stream);
    if (bytes === 0) return;
    this.#waiting.set(stream, { bytes, sinceMs: performance.now() });
    this.#bytes += CALL_BYTES + bytes;
  }

  #forget(stream: ServerHttp2Stream): void {
    const known = this.#waiting.get(stream);
    if (!known) return;
    this.#waiting.delete(stream);
    this.#bytes -= CALL_BYTES + known.bytes;
  }
}
