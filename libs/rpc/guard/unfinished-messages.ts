import { Holdings, type Holding } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import type { Http2Session, ServerHttp2Stream } from 'node:http2';
import { MessageProgress } from './message-progress.js';

/** Bounds of messages on their way. */
export interface UnfinishedLimits {
  maxBytes: number;
  maxConnectionBytes: number;
  /** Between two frames. */
  idleMs: number;
  /** On the average, once a message has been on its way for {@link UnfinishedLimits.rateAfterMs}. */
  minBytesPerSecond: number;
  rateAfterMs: number;
}

export const DEFAULT_UNFINISHED_LIMITS: UnfinishedLimits = {
  maxBytes: LIMITS.unfinishedBytes.value,
  maxConnectionBytes: LIMITS.unfinishedConnectionBytes.value,
  idleMs: LIMITS.messageIdleMs.value,
  minBytesPerSecond: LIMITS.messageBytesPerSecond.value,
  rateAfterMs: 30_000,
};

/** A frame counts as so many bytes at least: grpc-js keeps each as a buffer, which costs that beside its own. */
const FRAME_BYTES = 256;

interface Call {
  /** Ends the call with an error. */
  readonly end: (error: SulcusError) => void;
  readonly stream: ServerHttp2Stream;
  readonly progress: MessageProgress;
  readonly holding: Holding;
  readonly connectionHolding: Holding;
  /** What the unfinished message is counted as, in bytes. */
  counted: number;
  startedMs: number;
  lastMs: number;
}

/**
 * Counts the bytes of messages from their first frame: grpc-js keeps the frames of an unfinished message for as long as
 * its sender likes, and knows a limit for each message alone. A call whose message does not move ends.
 */
export class UnfinishedMessages {
  readonly #limits: UnfinishedLimits;
  readonly #all: Holdings;
  readonly #connections = new WeakMap<Http2Session, Holdings>();
  readonly #calls = new Set<Call>();
  #lastFrameMs = 0;

  constructor(limits: UnfinishedLimits = DEFAULT_UNFINISHED_LIMITS) {
    this.#limits = limits;
    this.#all = new Holdings(limits.maxBytes, (bytes) => `Unfinished messages hold ${bytes} bytes`);
  }

  /** Bytes that unfinished messages count as. */
  get bytes(): number {
    return this.#all.amount;
  }

  /** When a call began or a frame came last, by `performance.now()`; 0: never. */
  get lastFrameMs(): number {
    return this.#lastFrameMs;
  }

  /**
   * Follows a call from its beginning.
   *
   * @param end ends it with an error
   * @param options `isOne`: it has one message alone, which begins with the call. Default: any number, at any time
   */
  watch(stream: ServerHttp2Stream, end: (error: SulcusError) => void, { isOne = false } = {}): void {
    const evict = (error: SulcusError): void => this.#end(call, error);
    const nowMs = (this.#lastFrameMs = performance.now());
    const call: Call = {
      end,
      stream,
      progress: new MessageProgress(),
      holding: this.#all.hold(evict),
      connectionHolding: this.#connectionOf(stream.session).hold(evict),
      counted: 0,
      startedMs: nowMs,
      lastMs: nowMs,
    };
    this.#calls.add(call);
    stream.on('data', (data: Buffer) => this.#take(call, data));
    stream.once('close', () => this.#forget(call));
    if (isOne) this.#grow(call, FRAME_BYTES);
  }

  /** Ends what has not moved for too long; called regularly. */
  endIdle(): void {
    const nowMs = performance.now();
    const waiting = new Set(
      [...this.#calls].filter(({ stream }) => isHeldUp(stream)).map(({ stream }) => stream.session),
    );
    for (const call of this.#calls) {
      if (call.counted === 0) continue;
      if (waiting.has(call.stream.session)) {
        // It is the server that does not read: its window is shared by the whole connection.
        call.startedMs += nowMs - call.lastMs;
        call.lastMs = nowMs;
        continue;
      }
      const reason = this.#tooSlow(call, nowMs);
      if (reason === undefined) continue;
      this.#end(call, new SulcusError('DEADLINE_EXCEEDED', reason));
    }
  }

  #end(call: Call, error: SulcusError): void {
    this.#forget(call);
    call.end(error);
  }

  #tooSlow({ progress, startedMs, lastMs }: Call, nowMs: number): string | undefined {
    const { idleMs, minBytesPerSecond, rateAfterMs } = this.#limits;
    if (nowMs - lastMs > idleMs) return `No part of the message has come for ${idleMs / 1000} s: send it again`;
    const tookMs = nowMs - startedMs;
    if (tookMs > rateAfterMs && (1000 * progress.unfinishedBytes) / tookMs < minBytesPerSecond)
      return `The message comes with less than ${minBytesPerSecond} bytes per second: send smaller ones`;
    return undefined;
  }

  #take(call: Call, data: Buffer): void {
    this.#lastFrameMs = performance.now();
    if (!this.#calls.has(call)) return;
    call.lastMs = this.#lastFrameMs;
    if (call.counted === 0) call.startedMs = call.lastMs;
    const { progress } = call;
    const before = progress.unfinishedBytes;
    progress.take(data);
    // A message that ended, and perhaps another that began: what counts is only what is unfinished.
    if (progress.unfinishedBytes < before + data.length) {
      this.#release(call);
      call.counted = 0;
      call.startedMs = call.lastMs;
    }
    if (progress.unfinishedBytes === 0) return;
    this.#grow(call, Math.max(FRAME_BYTES, Math.min(data.length, progress.unfinishedBytes)));
  }

  #grow(call: Call, grown: number): void {
    call.counted += grown;
    try {
      call.connectionHolding.grow(grown);
      call.holding.grow(grown);
    } catch (error) {
      this.#end(call, SulcusError.from(error));
    }
  }

  #release(call: Call): void {
    call.holding.release();
    call.connectionHolding.release();
  }

  #forget(call: Call): void {
    this.#release(call);
    this.#calls.delete(call);
  }

  #connectionOf(session: Http2Session | undefined): Holdings {
    const known = session && this.#connections.get(session);
    if (known) return known;
    const held = new Holdings(
      this.#limits.maxConnectionBytes,
      (bytes) => `Unfinished messages of this connection hold ${bytes} bytes`,
    );
    if (session) this.#connections.set(session, held);
    return held;
  }
}

/** The server has stopped reading while there is more. */
const isHeldUp = (stream: ServerHttp2Stream): boolean => stream.isPaused() && stream.readableLength > 0;
