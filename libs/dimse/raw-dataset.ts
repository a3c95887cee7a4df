import dimse from 'dcmjs-dimse';
import { Writable } from 'node:stream';

/** The bytes of a data set, which nobody has parsed yet; undefined for one that was too long. */
export class RawDataset extends dimse.Dataset {
  readonly bytes: Buffer | undefined;
  readonly syntaxUid: string;

  constructor(bytes: Buffer | undefined, syntaxUid: string) {
    super({}, syntaxUid);
    this.bytes = bytes;
    this.syntaxUid = syntaxUid;
  }
}

/** Where the library writes a data set to whose bytes are elsewhere: it is empty. */
export class EmptySink extends Writable {
  override _write(_chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}
