import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { mkdir, open, readFile, truncate, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

const CIPHER = 'aes-256-gcm';
const LENGTH_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A file of records that are added one by one and can be read with the key alone: length, nonce, JSON under
 * AES-256-GCM, tag. Its name is bound to each record, so that records cannot be moved between files. What a process
 * that died left half written ends the reading, and is cut off by {@link SealedLog.mend}.
 */
export class SealedLog {
  readonly #file: string;
  readonly #key: Buffer;
  readonly #staysOpen: boolean;
  #handle: FileHandle | undefined;

  /**
   * @param key 32 bytes
   * @param options `staysOpen`: between records, until {@link close}; opening and closing take longer than writing one
   */
  constructor(file: string, key: Buffer, { staysOpen = false } = {}) {
    this.#file = file;
    this.#key = key;
    this.#staysOpen = staysOpen;
  }

  /**
   * Adds a record. It is with the operating system when this resolves, and not safe from a power cut. Nothing of it is
   * there when the disk refuses it. One call at a time.
   */
  async add(record: object): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    cipher.setAAD(Buffer.from(path.basename(this.#file)));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final(), cipher.getAuthTag()]);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(nonce.length + sealed.length);
    const bytes = Buffer.concat([length, nonce, sealed]);
    const handle = await this.#opened();
    try {
      const { size } = fstatSync(handle.fd);
      // Records behind half of one could not be read.
      await handle.appendFile(bytes).catch(async (error: unknown) => {
        await handle.truncate(size);
        throw error;
      });
    } finally {
      if (!this.#staysOpen) await this.close();
    }
  }

  /** Whether there is no record yet, of a log that stays open. One call at a time, as of {@link add}. */
  async isEmpty(): Promise<boolean> {
    return fstatSync((await this.#opened()).fd).size === 0;
  }

  /** Lets go of the file; the next record opens it again. */
  async close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }

  /** Cuts off a record at the end that is not whole, so that what is added behind it can be read. */
  async mend(): Promise<void> {
    const bytes = await this.#bytes();
    let at = 0;
    for (let end = endOf(bytes, at); end <= bytes.length; end = endOf(bytes, at)) at = end;
    if (at < bytes.length) await truncate(this.#file, at);
  }

  /** Every record that can be read, in the order in which they were added; none where there is no file. */
  async read<T extends object>(): Promise<T[]> {
    const bytes = await this.#bytes();
    const records: T[] = [];
    for (let at = 0, end = endOf(bytes, at); end <= bytes.length; at = end, end = endOf(bytes, at)) {
      const record = this.#open(bytes.subarray(at + LENGTH_BYTES, end));
      if (record === undefined) break;
      records.push(record as T);
    }
    return records;
  }

  async #opened(): Promise<FileHandle> {
    // Somebody may have deleted the file meanwhile: what is written to it then is gone.
    if (this.#handle && fstatSync(this.#handle.fd).nlink === 0) await this.close();
    return (this.#handle ??= await this.#openToAppend());
  }

  async #openToAppend(): Promise<FileHandle> {
    try {
      return await open(this.#file, 'a', 0o600);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      return await open(this.#file, 'a', 0o600);
    }
  }

  #bytes(): Promise<Buffer> {
    return readFile(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
  }

  #open(sealed: Buffer): object | undefined {
    try {
      const decipher = createDecipheriv(CIPHER, this.#key, sealed.subarray(0, NONCE_BYTES));
      decipher.setAAD(Buffer.from(path.basename(this.#file)));
      decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
      const text = Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      return JSON.parse(text.toString()) as object;
    } catch {
      return undefined;
    }
  }
}

/** Where the record at a place ends, by its length; beyond all bytes where there is none. */
const endOf = (bytes: Buffer, at: number): number =>
  at + LENGTH_BYTES > bytes.length ? Infinity : at + LENGTH_BYTES + bytes.readUInt32LE(at);
