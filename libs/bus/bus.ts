import { pause } from '#libs/async';
import type { BlobRef, Codec, Payload, PayloadInput } from '#libs/contracts';
import { isDamage, type SulcusError } from '#libs/errors';
import { BlobStore, type BlobOptions } from './blobs/blob-store.js';
import { Connection, type ConnectOptions } from './connection/connection.js';
import { consume, type ConsumeOptions } from './consumers/consume.js';
import { publishDeadLetter, type DeadLetter } from './messages/dead-letters.js';
import type { Delivery } from './consumers/delivery.js';
import { ensureTopology } from './streams/ensure-streams.js';
import { KeyValue } from './key-value/key-value.js';
import { limitsFromEnvironment, type TopologyLimits } from './streams/limits.js';
import { requestWithRetry, type RequestOptions } from './connection/retry.js';
import { storeErrorOf } from './connection/store-error.js';
import { publish, type PublishOptions, type PublishResult } from './messages/publish.js';
import { pull, type PullOptions } from './consumers/pull.js';
import { deleteStored, deleteSubject, type DeleteOptions } from './streams/delete-stored.js';
import { follow, getStored, type Followed, type FollowOptions, type Received } from './consumers/follow.js';
import { readStats, streamStats, type StreamStats } from './streams/stats.js';
import { answerSites, type SiteAnswers } from './sites/site-requests.js';
import type { BucketName, StreamName } from './topology.js';

/** A broker that stands still is not waited for longer: what was stored was acknowledged before. */
const DRAIN_TIMEOUT_MS = 10_000;

/**
 * Connects to the broker, waiting for one that is still starting.
 *
 * @throws BUS_UNAVAILABLE when none answers in time, UNSUPPORTED_VERSION when it is too old
 */
export async function connectBus(options: ConnectOptions): Promise<Bus> {
  return new Bus(await Connection.open(options));
}

async function readable<O>(asked: Promise<Received<O> | undefined>): Promise<Received<O> | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (isDamage(error)) return undefined;
    throw error;
  }
}

/** Everything that services say to each other goes through here. It reconnects for ever, but where it is refused. */
export class Bus implements AsyncDisposable {
  readonly #connection: Connection;
  readonly #blobs: BlobStore;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#blobs = new BlobStore(connection);
  }

  /** Largest message, headers included. */
  get maxPayloadBytes(): number {
    return this.#connection.maxPayloadBytes;
  }

  /** Name of who is connected: the service or command. */
  get name(): string {
    return this.#connection.name;
  }

  /** True: this is a site's user of the broker's accounts, which reads what is its site's alone. */
  get isSite(): boolean {
    return this.#connection.isSite;
  }

  get serverVersion(): string {
    return this.#connection.serverVersion;
  }

  /**
   * Creates streams and buckets that are missing. Limits come from SULCUS_STREAM_* and, before those, from `limits`.
   */
  async ensureTopology(limits: Partial<TopologyLimits> = {}): Promise<void> {
    const environment = limitsFromEnvironment();
    const merged = { ...environment, ...limits, maxBytes: { ...environment.maxBytes, ...limits.maxBytes } };
    await requestWithRetry(this.#connection, 'Could not create the streams', () =>
      ensureTopology(this.#connection, merged),
    );
  }

  /** See {@link publish}. */
  publish<I>(
    subject: string,
    codec: Codec<I, unknown>,
    message: I,
    options: PublishOptions = {},
  ): Promise<PublishResult> {
    return publish(this.#connection, subject, codec, message, options);
  }

  /** See {@link consume}. */
  consume<O>(options: ConsumeOptions<O>): Promise<void> {
    return consume(this.#connection, this.#blobs, options);
  }

  /** See {@link pull}. */
  pull<O>(options: PullOptions<O>): AsyncGenerator<Delivery<O>> {
    return pull(this.#connection, this.#blobs, options);
  }

  /** Reads a stream in order, without gaps, over broker restarts; without end unless `storedOnly`. */
  follow<O>(options: FollowOptions<O>): AsyncGenerator<Followed<O>> {
    return follow(this.#connection, options);
  }

  /** The message at a sequence; undefined when there is none. Throws MESSAGE_INVALID, HASH_MISMATCH. */
  get<O>(
    stream: StreamName,
    sequence: number,
    codec: Codec<never, O>,
    options?: RequestOptions,
  ): Promise<Received<O> | undefined> {
    return getStored(this.#connection, stream, { seq: sequence }, codec, options);
  }

  /** The newest message of a subject, wildcards allowed; undefined when there is none. */
  getLast<O>(
    stream: StreamName,
    subject: string,
    codec: Codec<never, O>,
    options?: RequestOptions,
  ): Promise<Received<O> | undefined> {
    return getStored(this.#connection, stream, { last_by_subj: subject }, codec, options);
  }

  /**
   * As {@link getLast}; undefined also when that message cannot be read, as a foreign one: for whoever asks whether it
   * was said already, and else says it.
   */
  async lastReadable<O>(stream: StreamName, subject: string, codec: Codec<never, O>): Promise<Received<O> | undefined> {
    return readable(this.getLast(stream, subject, codec));
  }

  /** Deletes one message; nothing happens when it is gone. Its sequence is never given again. */
  deleteMessage(stream: StreamName, sequence: number, options?: DeleteOptions): Promise<void> {
    return deleteStored(this.#connection, stream, sequence, options);
  }

  /** Deletes every message of a subject. */
  deleteSubject(stream: StreamName, subject: string, options?: RequestOptions): Promise<void> {
    return deleteSubject(this.#connection, stream, subject, options);
  }

  keyValue(bucket: BucketName): Promise<KeyValue> {
    return KeyValue.open(this.#connection, bucket);
  }

  /** See {@link BlobStore.put}. */
  putBlob(content: Uint8Array | readonly Uint8Array[], options?: BlobOptions): Promise<BlobRef> {
    return this.#blobs.put(content, options);
  }

  /** See {@link BlobStore.get}. */
  getBlob(ref: BlobRef, options?: BlobOptions): Promise<Buffer> {
    return this.#blobs.get(ref, options);
  }

  deleteBlob(sha256: string, options?: BlobOptions): Promise<void> {
    return this.#blobs.delete(sha256, options);
  }

  /** See {@link BlobStore.isWhole}. */
  isBlobWhole(ref: BlobRef, options?: BlobOptions): Promise<boolean> {
    return this.#blobs.isWhole(ref, options);
  }

  /** Deletes every blob of an owner. */
  deleteOwnedBlobs(owner: string): Promise<void> {
    return this.#blobs.deleteOwned(owner);
  }

  /** See {@link BlobStore.owners}. */
  blobOwners(prefix: string): Promise<string[]> {
    return this.#blobs.owners(prefix);
  }

  /** See {@link BlobStore.toPayload}. */
  toPayload(content: Uint8Array, options?: BlobOptions): Promise<PayloadInput> {
    return this.#blobs.toPayload(content, options);
  }

  /** See {@link BlobStore.fromPayload}. */
  fromPayload(payload: Payload, options?: BlobOptions): Promise<Buffer> {
    return this.#blobs.fromPayload(payload, options);
  }

  /** Keeps what could not be processed, with its cause. Large originals go by blob. */
  deadLetter(deadLetter: DeadLetter, options?: Pick<PublishOptions, 'messageId'> & RequestOptions): Promise<void> {
    return publishDeadLetter(this.#connection, this.#blobs, deadLetter, options);
  }

  stats(): Promise<Record<StreamName, StreamStats>> {
    return readStats(this.#connection);
  }

  /** The same for one stream. */
  statsOf(stream: StreamName): Promise<StreamStats> {
    return streamStats(this.#connection, stream);
  }

  /** Why a stream takes nothing, for STORAGE_FULL or STORAGE_FAILED; undefined where its disk takes what is written. */
  writeErrorOf(stream: StreamName): Promise<SulcusError | undefined> {
    return storeErrorOf(this.#connection, stream);
  }

  /** See {@link answerSites}. */
  answerSites(answers: SiteAnswers): Promise<void> {
    return answerSites(this.#connection, answers);
  }

  /** Calls `listener` whenever the connection was lost and is back; returns how to stop that. */
  onReconnect(listener: () => void): () => void {
    return this.#connection.onReconnect(listener);
  }

  /** Calls `listener` when the connection is closed for good, though nobody asked for it; returns how to stop that. */
  onEnd(listener: (error: SulcusError) => void): () => void {
    return this.#connection.onEnd(listener);
  }

  /** Closes the connection at once: what is under way fails. */
  async abandon(): Promise<void> {
    await this.#connection.nats.close();
  }

  /** Sends what is under way and closes the connection; with the broker away it only closes. Never throws. */
  async drain(): Promise<void> {
    const { nats } = this.#connection;
    if (nats.isClosed()) return;
    const drained = new AbortController();
    const draining = nats
      .drain()
      .catch(() => nats.close())
      .finally(() => drained.abort());
    await Promise.race([draining, pause(DRAIN_TIMEOUT_MS, drained.signal)]);
    if (!nats.isClosed()) await nats.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.drain();
  }
}
