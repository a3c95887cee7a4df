import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { LIMITS } from '#libs/limits';
import { PduReader, type PduReaderOptions } from './pdu-reader.js';

/**
 * Many senders leave Nagle's algorithm on (DCMTK unless TCP_NODELAY=1): the end of an object waits for an
 * acknowledgement, which the kernel delays by 40 ms where what came is read at once, segment by segment, and sends
 * where much is read in one go. An object that pauses for so long is taken to wait for it.
 */
const STALL_MS = 30;

/**
 * From the first such pause on, nothing is read for this long behind a burst; it grows with each further one. Senders
 * that do not wait are not waited for.
 */
const GATHER_STEP_MS = 1;
const MAX_GATHER_MS = 3;

/** What has been on its way for less may have begun slowly. */
const RATE_AFTER_MS = 30_000;
const BYTES_PER_SECOND = LIMITS.dicomBytesPerSecond.value;

/** Why nothing is read: an answer is to come first, or there is no room. */
export type HoldReason = 'unanswered' | 'room';

export interface PduSocketOptions extends Omit<PduReaderOptions, 'onUnit'> {
  /** Told behind each read how many bytes of a data set are here. */
  onObjectBytes?: (bytes: number) => void;
  /** A message that takes longer comes with so many bytes per second at least. Default: 30 s. */
  rateAfterMs?: number | undefined;
}

/**
 * A connection as dcmjs-dimse sees it: protocol data units come whole, and C-STORE not at all, or without any data
 * set.
 */
export class PduSocket extends EventEmitter {
  readonly #socket: Socket;
  readonly #reader: PduReader;
  #gatherMs = 0;
  #isGathering = false;
  #begunMs = 0;
  #lastMs = 0;
  readonly #holds = new Set<HoldReason>();

  /** @param options `onViolation` is told why the connection was cut */
  constructor(socket: Socket, options: PduSocketOptions) {
    super();
    this.#socket = socket;
    this.#reader = new PduReader({
      maxObjectBytes: options.maxObjectBytes,
      onStore: options.onStore,
      mayCarryData: options.mayCarryData,
      onUnit: (unit) => this.emit('data', unit),
      onViolation: (detail) => {
        options.onViolation(detail);
        socket.destroy();
      },
    });
    socket.on('data', (chunk: Buffer) => {
      this.#noteStall();
      if (this.#gatherMs > 0) this.#gatherNext();
      const before = this.#reader.begunBytes;
      this.#reader.read(chunk);
      options.onObjectBytes?.(this.#reader.objectBytes);
      // One that ended, and perhaps another that began.
      if (before === 0 || this.#reader.begunBytes < before + chunk.length) this.#begunMs = performance.now();
    });
    const { rateAfterMs = RATE_AFTER_MS } = options;
    const looking = setInterval(() => {
      // While it is us who do not read, it is no fault of its sender.
      if (this.#isHeld) this.#begunMs = performance.now();
      if (!this.#comesTooSlowly(rateAfterMs)) return;
      options.onViolation(`a message that comes with less than ${BYTES_PER_SECOND} bytes per second`);
      socket.destroy();
    }, rateAfterMs / 6).unref();
    socket.once('close', () => clearInterval(looking));
    socket.on('error', (error) => this.emit('error', error));
    socket.on('timeout', () => this.emit('timeout'));
    socket.on('close', () => this.emit('close'));
  }

  #noteStall(): void {
    const nowMs = performance.now();
    if (this.#reader.isInObject && nowMs - this.#lastMs > STALL_MS)
      this.#gatherMs = Math.min(this.#gatherMs + GATHER_STEP_MS, MAX_GATHER_MS);
    this.#lastMs = nowMs;
  }

  #comesTooSlowly(rateAfterMs: number): boolean {
    const tookMs = performance.now() - this.#begunMs;
    const { begunBytes } = this.#reader;
    return begunBytes > 0 && tookMs > rateAfterMs && (1000 * begunBytes) / tookMs < BYTES_PER_SECOND;
  }

  /** Once what is there has been read: the next is waited for. */
  #gatherNext(): void {
    if (this.#isGathering) return;
    this.#isGathering = true;
    setImmediate(() => {
      this.#socket.pause();
      setTimeout(() => {
        this.#isGathering = false;
        if (!this.#isHeld) this.#socket.resume();
      }, this.#gatherMs);
    });
  }

  get #isHeld(): boolean {
    return this.#holds.size > 0;
  }

  /** Reads no more for now: the peer is to wait. */
  hold(reason: HoldReason): void {
    this.#holds.add(reason);
    this.#socket.pause();
  }

  /** Reads on, where nothing else speaks against it. */
  release(reason: HoldReason): void {
    if (this.#holds.delete(reason) && !this.#isHeld) this.#socket.resume();
  }

  /** See {@link PduReader.objectBytes}. */
  get objectBytes(): number {
    return this.#reader.objectBytes;
  }

  /** See {@link PduReader.takeObject}. */
  takeObject(): Buffer | undefined {
    return this.#reader.takeObject();
  }

  /** See {@link PduReader.giveBackObject}. */
  giveBackObject(taken: Buffer): void {
    this.#reader.giveBackObject(taken);
  }

  /** As the library takes it. */
  asSocket(): Socket {
    return this as unknown as Socket;
  }

  write(bytes: Uint8Array): boolean {
    return this.#socket.destroyed ? false : this.#socket.write(bytes);
  }

  destroy(): this {
    this.#socket.destroy();
    return this;
  }

  setTimeout(timeoutMs: number): this {
    this.#socket.setTimeout(timeoutMs);
    return this;
  }
}
