import { Kvm, type KV } from '@nats-io/kv';
import { SulcusError } from '#libs/errors';
import type { Connection } from '../connection/connection.js';
import { busError, isWrongLastSequence } from '../connection/errors.js';
import { readOrdered } from '../consumers/ordered-consumer.js';
import { requestWithRetry } from '../connection/retry.js';
import { withStoreError } from '../connection/store-error.js';
import type { BucketName } from '../topology.js';

/** A bucket of a million keys is listed in less. */
const LIST_TIMEOUT_MS = 60_000;

export interface KeyValueEntry {
  value: Buffer;
  /** Changes with every write to the key; grows over the whole bucket. */
  revision: number;
  /** When it was written, by the broker's clock. */
  timeUnixMs: number;
}

export interface KeyValueChange {
  key: string;
  /** Absent when the key was deleted. */
  value?: Buffer;
  revision: number;
  /**
   * Changes still to come at this moment, 0 when everything stored so far was seen. Exact for prefixes that end in a
   * dot.
   */
  pending: number;
}

/** Small values that are read by everybody and written by compare-and-set. Keys are words joined by dots. */
export class KeyValue {
  private constructor(
    private readonly connection: Connection,
    private readonly kv: KV,
    private readonly bucket: BucketName,
  ) {}

  /** Throws NOT_FOUND when the bucket does not exist (see `ensureTopology`). */
  static async open(connection: Connection, bucket: BucketName): Promise<KeyValue> {
    try {
      // A site sees no lists of keys: what it may look up it asks for by its key.
      if (connection.isSite)
        return new KeyValue(connection, await new Kvm(connection.js).open(bucket, { allow_direct: true }), bucket);
      await requestWithRetry(connection, `Could not open the ${bucket} bucket`, () =>
        connection.manager.streams.info(`KV_${bucket}`),
      );
      return new KeyValue(connection, await new Kvm(connection.js).open(bucket), bucket);
    } catch (error) {
      if (busError(error, '').code === 'NOT_FOUND')
        throw new SulcusError(
          'NOT_FOUND',
          `The broker has no bucket ${bucket}: no service has used it yet, or another broker is meant (--nats)`,
          { cause: error },
        );
      throw busError(error, `Could not open the ${bucket} bucket`);
    }
  }

  async get(key: string): Promise<KeyValueEntry | undefined> {
    return this.#do(`read ${key}`, async () => {
      const entry = await this.kv.get(key);
      return entry === null || entry.operation !== 'PUT'
        ? undefined
        : { value: asBuffer(entry.value), revision: entry.revision, timeUnixMs: entry.created.getTime() };
    });
  }

  /** Writes a new key and returns its revision. Throws ALREADY_EXISTS. */
  async create(key: string, value: Uint8Array): Promise<number> {
    try {
      return await this.#store(() => this.connection.answer(this.kv.create(key, value)));
    } catch (error) {
      if (isWrongLastSequence(error))
        throw new SulcusError('ALREADY_EXISTS', `${this.bucket}/${key} exists already`, { cause: error });
      throw busError(error, `Could not create ${this.bucket}/${key}`);
    }
  }

  /** Writes a key if its revision is still the one given (0: the key never existed). Throws CONFLICT. */
  async update(key: string, value: Uint8Array, revision: number): Promise<number> {
    try {
      return await this.#store(() => this.connection.answer(this.kv.update(key, value, revision)));
    } catch (error) {
      if (isWrongLastSequence(error)) {
        throw new SulcusError(
          'CONFLICT',
          `${this.bucket}/${key} is no longer at revision ${revision}: somebody else wrote it`,
          { cause: error, details: { key, revision } },
        );
      }
      throw busError(error, `Could not update ${this.bucket}/${key}`);
    }
  }

  /** Writes a key whatever it holds. */
  async put(key: string, value: Uint8Array): Promise<number> {
    return this.#do(`write ${key}`, () => this.#store(() => this.kv.put(key, value)));
  }

  /** Deletes a key with its history; nothing happens when there is none. */
  async delete(key: string): Promise<void> {
    await this.#do(`delete ${key}`, () => this.kv.purge(key));
  }

  /** Keys that start with `prefix`, sorted. */
  async keys(prefix = ''): Promise<string[]> {
    return this.#do('list keys', async () => {
      const found = new Set<string>();
      const signal = AbortSignal.timeout(LIST_TIMEOUT_MS);
      const options = { signal, window: 256, storedOnly: true, headersOnly: true };
      for await (const { key, isDeleted } of this.#read(prefix, options))
        if (isDeleted) found.delete(key);
        else found.add(key);
      if (signal.aborted) throw new SulcusError('BUS_UNAVAILABLE', 'The broker does not list the keys');
      return [...found].sort();
    });
  }

  /**
   * Current values of the keys that start with `prefix`, then every change, over broker restarts. A change may be
   * skipped when a newer one to the same key is there already, never the newest.
   */
  watch(prefix: string, signal: AbortSignal): AsyncGenerator<KeyValueChange> {
    return this.#read(prefix, { signal, window: 64 });
  }

  /** Current values of the keys that start with `prefix`, in the order in which they were written; then it ends. */
  async *entries(
    prefix: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ key: string; value: Buffer; revision: number }> {
    for await (const { key, value, revision } of this.#read(prefix, { signal, window: 256, storedOnly: true }))
      if (value) yield { key, value, revision };
  }

  async *#read(
    prefix: string,
    options: { signal: AbortSignal; window: number; storedOnly?: boolean; headersOnly?: boolean },
  ): AsyncGenerator<KeyValueChange & { isDeleted: boolean }> {
    const start = `$KV.${this.bucket}.`;
    for await (const { raw, info } of readOrdered(this.connection, {
      stream: `KV_${this.bucket}`,
      subjects: [start + keyFilter(prefix)],
      ...options,
    })) {
      const key = raw.subject.slice(start.length);
      if (!key.startsWith(prefix)) continue;
      const isDeleted = raw.headers?.has('KV-Operation') ?? false;
      yield {
        key,
        isDeleted,
        ...(isDeleted ? {} : { value: asBuffer(raw.data) }),
        revision: info.streamSequence,
        pending: info.pending,
      };
    }
  }

  #store<T>(write: () => Promise<T>): Promise<T> {
    return withStoreError(this.connection, `KV_${this.bucket}`, write);
  }

  #do<T>(what: string, work: () => Promise<T>): Promise<T> {
    return requestWithRetry(this.connection, `Could not ${what} in the ${this.bucket} bucket`, work);
  }
}

/** The narrowest filter of whole tokens that covers a prefix. */
function keyFilter(prefix: string): string {
  const lastDot = prefix.lastIndexOf('.');
  return `${prefix.slice(0, lastDot + 1)}>`;
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
