import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';

const CIPHER = 'aes-256-gcm';
const LENGTH_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * A file of records that are added one by one and can be read with the key alone: length, nonce, JSON under
 * AES-256-GCM, tag. Its name is bound to each record, so that records cannot be moved between files. What a process
 * that died left half written ends the reading.
 */
export class SealedLog {
  readonly #file: string;
  readonly #key: Buffer;

  /** @param key 32 bytes */
  constructor(file: string, key: Buffer) {
    this.#file = file;
    this.#key = key;
  }

  /** Adds a record. It is with the operating system when this resolves, and not safe from a power cut. */
  async add(record: object): Promise<void> {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, nonce);
    cipher.setAAD(Buffer.from(path.basename(this.#file)));
    const sealed = Buffer.concat([cipher.update(JSON.stringify(record)), cipher.final(), cipher.getAuthTag()]);
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(nonce.length + sealed.length);
    const bytes = Buffer.concat([length, nonce, sealed]);
    await appendFile(this.#file, bytes, { mode: 0o600 }).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await mkdir(path.dirname(this.#file), { recursive: true, mode: 0o700 });
      await appendFile(this.#file, bytes, { mode: 0o600 });
    });
  }

  /** Every record that can be read, in the order in which they were added; none where there is no file. */
  async read<T extends object>(): Promise<T[]> {
    const bytes = await readFile(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const records: T[] = [];
    for (let at = 0; at + LENGTH_BYTES <= bytes.length; ) {
      const end = at + LENGTH_BYTES + bytes.readUInt32LE(at);
      const record = end > bytes.length ? undefined : this.#open(bytes.subarray(at + LENGTH_BYTES, end));
      if (record === undefined) break;
      records.push(record as T);
      at = end;
    }
    return records;
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
