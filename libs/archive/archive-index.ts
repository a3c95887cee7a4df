import { retryWithBackoff } from '#libs/async';
import type { Bus, KeyValue, RequestOptions } from '#libs/bus';
import { codecs, type ArchiveEntry, type ArchiveEntryInput, type ArchiveProgress } from '#libs/contracts';

const STATE = 'state';
const LABELS_THROUGH = 'labels-through';

const sampleKey = (sampleId: string): string => `sample.${sampleId}`;
const studyPrefix = (studyId: string): string => `study.${studyId}.`;

/**
 * What the broker remembers of the archive, in the bucket `archive`: which samples left SCANS and what belongs to which
 * study, so that nobody needs the archive itself to know; and how the archiver is. A sample costs some 250 bytes.
 */
export class ArchiveIndex {
  readonly #bus: Bus;
  #opened: Promise<KeyValue> | undefined;

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  /** What is known of a sample that was archived and did not come back; undefined for all others. */
  async get(
    sampleId: string,
    { signal, retryTimeoutMs, onRetry }: RequestOptions = {},
  ): Promise<ArchiveEntry | undefined> {
    const look = async () => (await this.#bucket()).get(sampleKey(sampleId));
    const found = await retryWithBackoff(look, { signal, onRetry, timeoutMs: retryTimeoutMs ?? 0 });
    return found && codecs.ArchiveEntry.decode(found.value);
  }

  /** Everything that is remembered, in the order in which it was archived. */
  async *entries(signal: AbortSignal): AsyncGenerator<{ sampleId: string; entry: ArchiveEntry }> {
    for await (const { key, value } of (await this.#bucket()).entries(sampleKey(''), signal))
      yield { sampleId: key.slice(sampleKey('').length), entry: codecs.ArchiveEntry.decode(value) };
  }

  /** Remembers a sample; doing it again replaces what was remembered. */
  async add(sampleId: string, entry: ArchiveEntryInput & { studyId: string }): Promise<void> {
    const bucket = await this.#bucket();
    if (entry.studyId !== '') await bucket.put(studyPrefix(entry.studyId) + sampleId, Buffer.alloc(0));
    await bucket.put(sampleKey(sampleId), codecs.ArchiveEntry.encode(entry));
  }

  /** Forgets a sample: it is on SCANS again, or lost. Nothing happens when it is not known. */
  async remove(sampleId: string, studyId: string): Promise<void> {
    const bucket = await this.#bucket();
    await bucket.delete(sampleKey(sampleId));
    if (studyId !== '') await bucket.delete(studyPrefix(studyId) + sampleId);
  }

  /** The archived samples of a study, in the order of their identities. */
  async samplesOfStudy(studyId: string): Promise<string[]> {
    const prefix = studyPrefix(studyId);
    return (await (await this.#bucket()).keys(prefix)).map((key) => key.slice(prefix.length));
  }

  /** What the archiver said of itself last; undefined when there never was one. */
  async state(): Promise<ArchiveProgress | undefined> {
    const found = await (await this.#bucket()).get(STATE);
    return found && codecs.ArchiveProgress.decode(found.value);
  }

  async saveState(state: ArchiveProgress): Promise<void> {
    await (await this.#bucket()).put(STATE, codecs.ArchiveProgress.encode(state));
  }

  /** Sequence of LABELS up to which labels have been carried to archived samples; 0 at the beginning. */
  async labelsThrough(): Promise<number> {
    const found = await (await this.#bucket()).get(LABELS_THROUGH);
    return found ? Number(found.value.toString()) : 0;
  }

  async saveLabelsThrough(sequence: number): Promise<void> {
    await (await this.#bucket()).put(LABELS_THROUGH, Buffer.from(String(sequence)));
  }

  #bucket(): Promise<KeyValue> {
    this.#opened ??= this.#bus.keyValue('archive').catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }
}
