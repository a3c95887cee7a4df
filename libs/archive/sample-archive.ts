import { createHash } from 'node:crypto';
import { codecs, type ArchivedSample } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { ObjectStore } from './object-store.js';

/** Begins the key of every sample. */
const PREFIX = 'samples/';
const SUFFIX = '.pb';

/** A sample to archive: its image is inline. */
export type SampleToArchive = Omit<ArchivedSample, 'scan' | 'perceptualHash' | 'ownLabel'> & {
  scan: NonNullable<ArchivedSample['scan']>;
  ownLabel?: boolean | undefined;
  perceptualHash?: Uint8Array;
};

/**
 * Samples that left the broker, one object each, named by the hash of the image. Storing one again replaces it, so
 * that a newer label takes the place of the older.
 */
export class SampleArchive {
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  get description(): string {
    return this.#store.description;
  }

  /**
   * Stores a sample; resolves when it is durable.
   *
   * @throws HASH_MISMATCH when the image is not the one that the sample is named by; as {@link ObjectStore.put}
   */
  async store(sample: SampleToArchive, signal?: AbortSignal): Promise<void> {
    assertImage(sample);
    await this.#store.put(keyOf(sample.scan.sampleId), codecs.ArchivedSample.encode(sample), signal);
  }

  /**
   * A sample by its identity, checked against its hash; undefined when it was never archived.
   *
   * @throws HASH_MISMATCH or MESSAGE_INVALID when the object is damaged; SERVICE_UNAVAILABLE
   */
  async load(sampleId: string, signal?: AbortSignal): Promise<SampleToArchive | undefined> {
    const bytes = await this.#store.get(keyOf(sampleId), signal);
    if (bytes === undefined) return undefined;
    const sample = codecs.ArchivedSample.decode(bytes);
    const { scan } = sample;
    if (scan?.sampleId !== sampleId) throw damaged(sampleId, `it holds ${scan?.sampleId ?? 'no scan'}`);
    const whole = { ...sample, scan };
    assertImage(whole);
    return whole;
  }

  /**
   * Identities of all archived samples with their sizes, in the order of the identities.
   *
   * @param beginning only those that begin so, where it has two hexadecimal digits or more
   */
  async *list(signal?: AbortSignal, beginning = ''): AsyncGenerator<{ sampleId: string; sizeBytes: number }> {
    const prefix = beginning.length < 2 ? PREFIX : `${PREFIX}${beginning.slice(0, 2)}/${beginning}`;
    for await (const { key, sizeBytes } of this.#store.list(prefix, signal)) {
      const sampleId = /([0-9a-f]{64})\.pb$/.exec(key)?.[1];
      if (sampleId !== undefined) yield { sampleId, sizeBytes };
    }
  }

  /** Removes a sample, for example one that a patient has withdrawn. */
  async delete(sampleId: string, signal?: AbortSignal): Promise<void> {
    await this.#store.delete(keyOf(sampleId), signal);
  }

  async close(): Promise<void> {
    await this.#store.close();
  }
}

/** Two digits of the hash make 256 folders: none gets so many files that listing it takes long. */
function keyOf(sampleId: string): string {
  if (!/^[0-9a-f]{64}$/.test(sampleId)) {
    throw new SulcusError(
      'INVALID_ARGUMENT',
      `"${sampleId}" is no sample: expected the 64 hexadecimal digits of its SHA-256`,
    );
  }
  return `${PREFIX}${sampleId.slice(0, 2)}/${sampleId}${SUFFIX}`;
}

function assertImage({ scan }: SampleToArchive): void {
  const bytes = scan.image?.inline;
  if (!bytes) throw damaged(scan.sampleId, 'it holds no image');
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (actual !== scan.sampleId) throw damaged(scan.sampleId, `the image has the hash ${actual}`);
}

const damaged = (sampleId: string, why: string): SulcusError =>
  new SulcusError('HASH_MISMATCH', `The archived sample ${sampleId} is damaged: ${why}`, { details: { sampleId } });
