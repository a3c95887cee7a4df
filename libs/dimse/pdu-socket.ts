import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
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

/**
 * A connection as dcmjs-dimse sees it: protocol data units come whole, and C-STORE not at all, or without its data
 * sets. The library would copy each of their bytes some six times; here they are copied once.
 */
export class PduSocket extends EventEmitter {
  readonly #socket: Socket;
  readonly #reader: PduReader;
  #gatherMs = 0;
  #isGathering = false;
  #lastMs = 0;
  #isHeld = false;

  /** @param options `onViolation` is told why the connection was cut */
  constructor(socket: Socket, options: Omit<PduReaderOptions, 'onUnit'>) {
    super();
    this.#socket = socket;
    this.#reader = new PduReader({
      maxObjectBytes: options.maxObjectBytes,
      onStore: options.onStore,
      onUnit: (unit) => this.emit('data', unit),
      onViolation: (detail) => {
        options.onViolation(detail);
        socket.destroy();
      },
    });
    socket.on('data', (chunk: Buffer) => {
      this.#noteStall();
      if (this.#gatherMs > 0) this.#gatherNext();
      this.#reader.read(chunk);
    });
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

  /** Reads no more for now: the peer is to wait. */
  hold(): void {
    this.#isHeld = true;
    this.#socket.pause();
  }

  /** Reads on. */
  release(): void {
    if (!this.#isHeld) return;
    this.#isHeld = false;
    this.#socket.resume();
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
