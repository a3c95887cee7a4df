import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { BlobRef, Payload, PayloadInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { API_TIMEOUT_MS, type Connection } from '../connection/connection.js';
import { busError, isWrongLastSequence } from '../connection/errors.js';
import { requestWithRetry, type RequestOptions } from '../connection/retry.js';
import { withStoreError } from '../connection/store-error.js';
import { subjects, type BlobStream } from '../topology.js';

/**
 * Bytes per chunk. The same for every broker, because chunk n of a content must be the same bytes whoever stores it; it
 * fits the 1 MiB that an unconfigured nats-server takes. Larger chunks are not faster.
 */
export const CHUNK_BYTES = 512 * 1024;

/** Chunks on their way at once, in each direction: 4 MB. */
const CHUNKS_IN_FLIGHT = 8;

/**
 * What is left of the broker's payload limit for headers and the other fields of a message that carries bytes inline.
 */
const MESSAGE_RESERVE_BYTES = 64 * 1024;

export interface BlobOptions extends RequestOptions {
  /**
   * Sets the content apart from equal content of others, so that deleting it can never take it from somebody else:
   * one or more subject tokens joined by dots, for example `checkpoint.main.17`. Default: shared by all.
   */
  owner?: string;
  /** Where it lies. Default: BLOBS, which refuses more when it is full; PREDICTION_INPUTS then drops its oldest. */
  stream?: BlobStream;
}

/**
 * Content of any size, cut into chunks on a stream and named by its hash. (The client's object store hashes in
 * JavaScript and reads through a push consumer that can stall; both cost a factor of ten.)
 */
export class BlobStore {
  readonly #connection: Connection;
  readonly #reads = pLimit(CHUNKS_IN_FLIGHT);

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Stores content; resolves when all of it is durable. Storing the same again sends only what is missing.
   *
   * @throws BACKPRESSURE when the BLOBS stream is full, BUS_UNAVAILABLE when the broker stays away, CANCELLED by
   * `signal`
   */
  async put(
    content: Uint8Array | readonly Uint8Array[],
    { owner, stream, ...waiting }: BlobOptions = {},
  ): Promise<BlobRef> {
    const parts = content instanceof Uint8Array ? [content] : content;
    const sizeBytes = parts.reduce((sum, part) => sum + part.length, 0);
    const sha256 = await hashOf(parts);
    const ref = { sha256, sizeBytes, chunkCount: Math.ceil(sizeBytes / CHUNK_BYTES) };
    const present = await this.#subjectsLike(subjects.blobChunk(sha256, '*', owner, stream), stream, waiting);
    const missing = chunks(parts)
      .map((chunk, index) => ({ chunk, subject: subjects.blobChunk(sha256, index, owner, stream) }))
      .filter(({ subject }) => !present.has(subject));
    const sending = pLimit(CHUNKS_IN_FLIGHT);
    let failed = false;
    const send = async ({ chunk, subject }: (typeof missing)[number]) => {
      if (failed) return;
      await this.#putChunk(subject, chunk(), stream, waiting);
    };
    const results = await Promise.allSettled(
      missing.map((item) =>
        sending(() => send(item).catch((error: unknown) => ((failed = true), Promise.reject(error as Error)))),
      ),
    );
    const failure = results.find((result) => result.status === 'rejected');
    if (failure) throw busError(failure.reason, `Could not store a blob of ${sizeBytes} bytes`);
    return ref;
  }

  /**
   * Fetches content and checks it.
   *
   * @throws NOT_FOUND when a chunk is missing, HASH_MISMATCH when the bytes are not those that were stored
   */
  async get(ref: BlobRef, { owner, stream, ...waiting }: BlobOptions = {}): Promise<Buffer> {
    const fetched = await Promise.all(
      Array.from({ length: ref.chunkCount }, (_, index) =>
        this.#reads(() => this.#getChunk(subjects.blobChunk(ref.sha256, index, owner, stream), stream, waiting)),
      ),
    );
    const content = Buffer.concat(fetched);
    const actual = await hashOf([content]);
    if (actual !== ref.sha256) {
      throw new SulcusError('HASH_MISMATCH', `The stored bytes of blob ${ref.sha256} have another hash`, {
        details: { expected: ref.sha256, actual },
      });
    }
    return content;
  }

  /** Whether every chunk is there; its bytes are not read. Throws BUS_UNAVAILABLE. */
  async isWhole({ sha256, chunkCount }: BlobRef, { owner, stream, ...waiting }: BlobOptions = {}): Promise<boolean> {
    const present = await this.#subjectsLike(subjects.blobChunk(sha256, '*', owner, stream), stream, waiting);
    return present.size === chunkCount;
  }

  /** Deletes content; nothing happens when there is none. */
  async delete(sha256: string, { owner, stream }: BlobOptions = {}): Promise<void> {
    await this.#purge(subjects.blobChunk(sha256, '*', owner, stream), stream);
  }

  /** Deletes everything of an owner. */
  async deleteOwned(owner: string): Promise<void> {
    await this.#purge(subjects.blobsOf(owner));
  }

  /**
   * Owners below a prefix that keep something: the tokens between the prefix and the hash, for example `["17", "18"]`.
   */
  async owners(prefix: string): Promise<string[]> {
    const start = subjects.blobsOf(prefix).length - 1;
    const found = await this.#subjectsLike(subjects.blobsOf(prefix));
    return [...new Set([...found].map((subject) => subject.slice(start).split('.').slice(0, -2).join('.')))];
  }

  /** Bytes as they travel in a message: inline while they fit, else by reference to a blob. */
  async toPayload(content: Uint8Array, options: BlobOptions = {}): Promise<PayloadInput> {
    if (content.length <= this.#connection.maxPayloadBytes - MESSAGE_RESERVE_BYTES) return { inline: content };
    return { blob: await this.put(content, options) };
  }

  /** The bytes of a payload. Throws MESSAGE_INVALID when it has none, and as {@link get}. */
  async fromPayload(payload: Payload, options: BlobOptions = {}): Promise<Buffer> {
    if (payload.blob) return this.get(payload.blob, options);
    if (payload.inline) return payload.inline;
    throw new SulcusError('MESSAGE_INVALID', 'The payload holds neither bytes nor a reference');
  }

  async #putChunk(
    subject: string,
    chunk: Uint8Array,
    stream: BlobStream = 'BLOBS',
    waiting: RequestOptions = {},
  ): Promise<void> {
    const { js } = this.#connection;
    const options = { expect: { lastSubjectSequence: 0 }, timeout: API_TIMEOUT_MS };
    const store = async (): Promise<void> => {
      try {
        await withStoreError(this.#connection, stream, () => js.publish(subject, chunk, options));
      } catch (error) {
        if (!isWrongLastSequence(error)) throw error; // the same chunk is there already
      }
    };
    await requestWithRetry(this.#connection, 'Could not store a blob chunk', store, waiting);
  }

  async #getChunk(subject: string, stream: BlobStream = 'BLOBS', waiting: RequestOptions = {}): Promise<Uint8Array> {
    const { direct, streams } = this.#connection.manager;
    // The first, which whoever stored it sent: another that came later under its name, from who may write it, is none.
    const query = { next_by_subj: subject, seq: 1 };
    // In a cluster the direct answer may come from a replica that is behind: what it misses, the leader is asked for.
    const message = await requestWithRetry(
      this.#connection,
      'Could not fetch a blob chunk',
      async () => (await direct.getMessage(stream, query)) ?? streams.getMessage(stream, query),
      waiting,
    );
    if (message === null) throw new SulcusError('NOT_FOUND', `The blob store holds no ${subject}`);
    return message.data;
  }

  async #subjectsLike(
    filter: string,
    stream: BlobStream = 'BLOBS',
    waiting: RequestOptions = {},
  ): Promise<Set<string>> {
    // A site sees no lists of subjects: it sends every chunk, and the broker keeps the first of each.
    if (this.#connection.isSite) return new Set();
    const look = () => this.#connection.manager.streams.info(stream, { subjects_filter: filter });
    const info = await requestWithRetry(this.#connection, 'Could not look into the blob store', look, waiting);
    return new Set(Object.keys(info.state.subjects ?? {}));
  }

  async #purge(filter: string, stream: BlobStream = 'BLOBS'): Promise<void> {
    await requestWithRetry(this.#connection, 'Could not delete a blob', () =>
      this.#connection.manager.streams.purge(stream, { filter }),
    );
  }
}

/** SHA-256 over parts, letting the event loop turn so that a large blob does not hold up heartbeats. */
async function hashOf(parts: readonly Uint8Array[]): Promise<string> {
  const stepBytes = 8 * 2 ** 20;
  const hash = createHash('sha256');
  for (const part of parts) {
    for (let start = 0; start < part.length; start += stepBytes) {
      hash.update(part.subarray(start, start + stepBytes));
      if (part.length > stepBytes) await nextTurn();
    }
  }
  return hash.digest('hex');
}

/** The chunks of concatenated parts, each made when it is asked for; no copy when it lies within one part. */
function chunks(parts: readonly Uint8Array[]): (() => Uint8Array)[] {
  const made: (() => Uint8Array)[] = [];
  let pieces: Uint8Array[] = [];
  let filledBytes = 0;
  const close = () => {
    const own = pieces;
    made.push(() => (own.length === 1 ? own[0]! : Buffer.concat(own)));
    pieces = [];
    filledBytes = 0;
  };
  for (const part of parts) {
    for (let start = 0; start < part.length; ) {
      const piece = part.subarray(start, start + CHUNK_BYTES - filledBytes);
      pieces.push(piece);
      filledBytes += piece.length;
      start += piece.length;
      if (filledBytes === CHUNK_BYTES) close();
    }
  }
  if (filledBytes > 0) close();
  return made;
}
