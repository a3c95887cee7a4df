import dimse from 'dcmjs-dimse';
import { Writable } from 'node:stream';

/** Gathers a data set as it comes, up to a limit; what is beyond it is let go. */
export class ObjectSink extends Writable {
  readonly #maxBytes: number;
  #parts: Buffer[] = [];
  #bytes = 0;

  constructor(maxBytes: number) {
    // The library waits for `drain` once only: it must never be asked to.
    super({ highWaterMark: 2 ** 31 });
    this.#maxBytes = maxBytes;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#maxBytes) this.#parts.push(Buffer.from(chunk));
    else this.#parts = [];
    done();
  }

  /** Undefined when there was more than the limit. */
  take(): Buffer | undefined {
    return this.#bytes > this.#maxBytes ? undefined : Buffer.concat(this.#parts);
  }
}

/** The bytes of a data set, which nobody has parsed yet. */
export class RawDataset extends dimse.Dataset {
  readonly bytes: Buffer | undefined;
  readonly syntaxUid: string;

  constructor(bytes: Buffer | undefined, syntaxUid: string) {
    super({}, syntaxUid);
    this.bytes = bytes;
    this.syntaxUid = syntaxUid;
  }
}
