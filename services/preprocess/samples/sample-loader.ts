import pLimit, { type LimitFunction } from 'p-limit';
import { ArchiveIndex } from '#libs/archive';
import { Streams, subjects, type Bus, type Received } from '#libs/bus';
import { codecs, type SampleRef, type Scan } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ImageWorkerPool } from '#libs/imaging';
import { Withdrawals } from '#libs/withdrawals';
import type { PreprocessConfig } from '../config.js';
import type { PreprocessEvents } from '../events.js';
import type { CheckedTransform } from '../batches/transform-library.js';
import type { LostSample, PreparedSample } from './prepared-sample.js';
import type { SampleCache } from './sample-cache.js';

/** Samples with a dead letter of this worker, remembered so that one that is asked for in every epoch has one. */
const MAX_REMEMBERED = 100_000;

export interface SampleLoaderContext {
  bus: Bus;
  cache: SampleCache;
  pool: ImageWorkerPool;
  config: PreprocessConfig;
  events: PreprocessEvents;
}

/** Where batches get their samples. */
export interface SampleSource {
  load(reference: SampleRef, transform: CheckedTransform): Promise<PreparedSample | LostSample>;
}

/**
 * Brings samples from the SCANS stream into memory: fetched, decoded and prepared once, while the cache can hold them.
 */
export class SampleLoader implements SampleSource {
  readonly #context: SampleLoaderContext;
  readonly #limit: LimitFunction;
  /** Batches under way at the same time may want the same sample. */
  readonly #loading = new Map<string, Promise<PreparedSample | LostSample>>();
  readonly #deadLettered = new Set<string>();
  readonly #archive: ArchiveIndex;
  readonly #withdrawals: Withdrawals;

  constructor(context: SampleLoaderContext) {
    this.#context = context;
    this.#archive = new ArchiveIndex(context.bus);
    this.#withdrawals = new Withdrawals(context.bus);
    this.#limit = pLimit(context.config.concurrency);
  }

  /**
   * The sample, or why it is lost; a lost one is a dead letter by then.
   *
   * @throws what is retryable: BUS_UNAVAILABLE, STORAGE_FULL and the like
   */
  async load(reference: SampleRef, transform: CheckedTransform): Promise<PreparedSample | LostSample> {
    const key = `${reference.sampleId} ${reference.scanSequence} ${transform.mode} ${transform.hash}`;
    const cached = this.#context.cache.get(key);
    if (cached) return cached;
    let loading = this.#loading.get(key);
    if (!loading) {
      loading = this.#limit(() => this.#bring(reference, transform, key)).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  async #bring(reference: SampleRef, transform: CheckedTransform, key: string): Promise<PreparedSample | LostSample> {
    let received: Received<Scan> | undefined;
    try {
      received = await this.#find(reference);
      if (!received) return await this.#gone(reference);
      const bytes = await this.#context.bus.fromPayload(requireScan(received, reference).image!);
      const prepared = await this.#context.pool.prepareFile(transform, bytes);
      this.#context.events.decoded();
      if (prepared.uncropped) this.#context.events.uncropped(reference.sampleId, prepared.uncropped);
      const sample = { prepared, traceparent: received.traceparent };
      this.#context.cache.set(key, sample);
      return sample;
    } catch (thrown) {
      const error = SulcusError.from(thrown);
      if (error.retryable) throw error;
      await this.#giveUp(reference, received, error);
      return { code: error.code };
    }
  }

  /** The scan where it is said to be; else where the sample lies since it came back from the archive. */
  async #find({ sampleId, scanSequence }: SampleRef): Promise<Received<Scan> | undefined> {
    const { bus } = this.#context;
    const found = await bus.get(Streams.SCANS, scanSequence, codecs.Scan);
    return found ?? (await bus.getLast(Streams.SCANS, subjects.scanOf(sampleId), codecs.Scan));
  }

  /** A sample that is archived or withdrawn is dropped and not lost: no dead letter is written of it. */
  async #gone(reference: SampleRef): Promise<LostSample> {
    const { sampleId, scanSequence } = reference;
    const cause = `${Streams.SCANS} has no message ${scanSequence} (any more)`;
    if (await this.#archive.get(sampleId)) {
      const advice = `it is archived, and \`sulcus archive restore ${sampleId}\` brings it back`;
      this.#context.events.sampleLost(sampleId, scanSequence, new SulcusError('NOT_FOUND', `${cause}: ${advice}`));
    } else if (await this.#withdrawals.ofSample(sampleId)) return { code: 'WITHDRAWN' };
    else await this.#giveUp(reference, undefined, new SulcusError('NOT_FOUND', cause));
    return { code: 'NOT_FOUND' };
  }

  async #giveUp(
    { sampleId, scanSequence }: SampleRef,
    received: Received<Scan> | undefined,
    error: SulcusError,
  ): Promise<void> {
    const { bus, events } = this.#context;
    if (this.#deadLettered.has(sampleId)) return;
    await bus.deadLetter({
      service: 'preprocess',
      code: error.code,
      cause: error.rawMessage,
      source: `${Streams.SCANS}/${scanSequence}`,
      deliveries: 1,
      ...(received && {
        originalType: codecs.Scan.typeName,
        original: { inline: codecs.Scan.encode(received.message) },
        site: received.message.site,
        subject: received.subject,
      }),
    });
    if (this.#deadLettered.size >= MAX_REMEMBERED) this.#deadLettered.clear();
    this.#deadLettered.add(sampleId);
    events.sampleLost(sampleId, scanSequence, error);
  }
}

function requireScan(received: Received<Scan>, { sampleId, scanSequence }: SampleRef): Scan {
  if (received.message.sampleId !== sampleId)
    throw new SulcusError(
      'HASH_MISMATCH',
      `${Streams.SCANS}/${scanSequence} is sample ${received.message.sampleId}, not ${sampleId}`,
    );
  if (!received.message.image)
    throw new SulcusError('MESSAGE_INVALID', `${Streams.SCANS}/${scanSequence} holds no image`);
  return received.message;
}
