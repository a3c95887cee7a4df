import { randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { crc32 } from 'node:zlib';
import {
  BLOCK_BYTES,
  GONE,
  readRecord,
  RECORD_HEADER_BYTES,
  recordBytes,
  STATE_AT,
  type RecordFields,
} from './record.js';

const NAME = /^segment-(\d{8})\.log$/;
const MAGIC = 0x47_4c_55_53; // SULG
const VERSION = 1;
/** What is looked through in one go. */
const SCAN_BYTES = 64 * BLOCK_BYTES;

/** A record in its segment, as it is found. */
export interface FoundRecord extends RecordFields {
  readonly at: number;
  readonly isGone: boolean;
}

/** A file of records, one behind the other. It is used again when all of them are gone, over what it holds. */
export class Segment {
  readonly file: string;
  readonly number: number;
  /** Changes with each use. */
  epoch = 0n;
  /** Where the next record begins. */
  end = BLOCK_BYTES;
  /** Records that are not gone. */
  live = 0;
  #handle: FileHandle | undefined;
  #users = 0;

  constructor(folder: string, number: number) {
    this.number = number;
    this.file = path.join(folder, `segment-${String(number).padStart(8, '0')}.log`);
  }

  /** @returns undefined for a file that is no segment */
  static named(folder: string, name: string): Segment | undefined {
    const [, number] = NAME.exec(name) ?? [];
    return number === undefined ? undefined : new Segment(folder, Number(number));
  }

  get isOpen(): boolean {
    return this.#handle !== undefined;
  }

  /** Keeps the file open, and makes it when it is not there. */
  async open(): Promise<void> {
    this.#handle ??= await open(this.file, 'r+').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      return open(this.file, 'wx+', 0o600);
    });
  }

  /** Lets go of the file where nobody is at it; it is opened again when it is needed. */
  async close(): Promise<void> {
    const handle = this.#handle;
    if (!handle || this.#users > 0) return;
    this.#handle = undefined;
    await handle.close();
  }

  /** Begins anew. @returns what is to be written before the first record */
  begin(): Buffer {
    this.epoch = randomBytes(8).readBigUInt64LE();
    this.end = BLOCK_BYTES;
    this.live = 0;
    const block = Buffer.alloc(BLOCK_BYTES);
    block.writeUInt32LE(MAGIC, 0);
    block.writeUInt32LE(VERSION, 8);
    block.writeBigUInt64LE(this.epoch, 12);
    block.writeUInt32LE(crc32(block.subarray(8, 20)), 4);
    return block;
  }

  /** Writes at a place, and syncs. */
  write(parts: readonly Buffer[], at: number): Promise<void> {
    return this.#with(async (handle) => {
      const bytes = parts.reduce((sum, part) => sum + part.length, 0);
      const { bytesWritten } = await handle.writev(parts as Buffer[], at);
      if (bytesWritten !== bytes)
        throw Object.assign(new Error(`${bytesWritten} of ${bytes} bytes could be written`), { code: 'ENOSPC' });
      await handle.datasync();
    });
  }

  /** What lies here is there after a power loss when this resolves. */
  sync(): Promise<void> {
    return this.#with((handle) => handle.datasync());
  }

  /** The payload of a record. */
  payload({ at, payloadBytes }: Pick<FoundRecord, 'at' | 'payloadBytes'>): Promise<Buffer> {
    return this.#with((handle) => readAt(handle, at + RECORD_HEADER_BYTES, payloadBytes));
  }

  /** The record is gone, also after this process; a power loss may bring it back. */
  async forget(at: number): Promise<void> {
    await this.#with((handle) => handle.write(Buffer.from([GONE]), 0, 1, at + STATE_AT));
  }

  /**
   * What a segment that another process left holds.
   *
   * @throws what the system says; for a segment of a later version, too
   */
  async find(): Promise<FoundRecord[]> {
    return await this.#with(async (handle) => {
      const head = await readAt(handle, 0, 20);
      const isSegment = head.length === 20 && head.readUInt32LE(0) === MAGIC;
      // Of one whose beginning was being written when the power went nothing was acknowledged.
      if (!isSegment || head.readUInt32LE(4) !== crc32(head.subarray(8, 20))) return [];
      const version = head.readUInt32LE(8);
      if (version !== VERSION)
        throw new Error(`${this.file} is of version ${version}, which this program does not read: run a later one`);
      this.epoch = head.readBigUInt64LE(12);
      const found: FoundRecord[] = [];
      for (let next = await this.#next(handle); next; next = await this.#next(handle)) {
        found.push(next);
        this.end = next.at + recordBytes(next.payloadBytes);
      }
      this.live = found.filter(({ isGone }) => !isGone).length;
      return found;
    });
  }

  /** The record that begins at the end of what is known, or behind one whose beginning the disk has changed. */
  async #next(handle: FileHandle): Promise<FoundRecord | undefined> {
    const expected = readRecord(await readAt(handle, this.end, RECORD_HEADER_BYTES), this.epoch);
    if (expected) return { ...expected, at: this.end };
    for (let at = this.end; ; at += SCAN_BYTES) {
      const bytes = await readAt(handle, at, SCAN_BYTES);
      for (let block = 0; block + RECORD_HEADER_BYTES <= bytes.length; block += BLOCK_BYTES) {
        const fields = readRecord(bytes.subarray(block), this.epoch);
        if (fields) return { ...fields, at: at + block };
      }
      if (bytes.length < SCAN_BYTES) return undefined;
    }
  }

  async #with<T>(work: (handle: FileHandle) => Promise<T>): Promise<T> {
    if (!this.#handle) {
      await using handle = await open(this.file, 'r+');
      return await work(handle);
    }
    this.#users++;
    try {
      return await work(this.#handle);
    } finally {
      this.#users--;
    }
  }
}

/** Fewer bytes where the file ends. */
async function readAt(handle: FileHandle, at: number, bytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafe(bytes);
  let read = 0;
  while (read < bytes) {
    const { bytesRead } = await handle.read(buffer, read, bytes - read, at + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}
