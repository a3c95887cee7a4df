import type { ArchiveIndex } from '#libs/archive';
import { followScans, Streams, type Bus } from '#libs/bus';
import { codecs, type LabelEvent } from '#libs/contracts';
import type { LabelBook } from '#libs/labels';
import type { ArchiverConfig } from '../config.js';
import type { ArchiverEvents } from '../events.js';
import { readRunNeeds } from '../scans/run-needs.js';

export interface TrimmingContext {
  readonly bus: Bus;
  readonly index: ArchiveIndex;
  readonly labels: LabelBook;
  readonly events: ArchiverEvents;
  readonly config: Pick<ArchiverConfig, 'highWatermark' | 'lowWatermark' | 'runAgeMs'>;
}

/** Labels deleted between two looks at how full the stream is. */
const BATCH = 256;

/** A round that is over is not followed by another before ten times what it took. */
const LEAST_REST_MS = 1000;
const REST_FACTOR = 10;

/**
 * Keeps LABELS below its high watermark, by the same shares as SCANS. What leaves, oldest first: labels that a later
 * one has replaced, and labels that the archive holds with all they are about. A label stays while a scan on SCANS is
 * read under it, while a run in epochs lives, and until every run that learns from the stream has seen it: a trainer
 * that is killed takes the same labels again.
 */
export class LabelTrimmer {
  readonly #context: TrimmingContext;
  #restUntilMs = 0;

  constructor(context: TrimmingContext) {
    this.#context = context;
  }

  /** Looks at the stream and deletes what may leave when there is need. @throws what the broker throws */
  async look(signal: AbortSignal): Promise<void> {
    const { bus, config, events } = this.#context;
    const { bytes, maxBytes } = await bus.statsOf(Streams.LABELS);
    if (maxBytes <= 0 || bytes <= config.highWatermark * maxBytes) return;
    const startedMs = performance.now();
    if (startedMs < this.#restUntilMs) return;
    const deleted = await this.#trimTo(config.lowWatermark * maxBytes, signal);
    const after = await bus.statsOf(Streams.LABELS);
    events.labelsTrimmed(deleted, after);
    const endedMs = performance.now();
    this.#restUntilMs = endedMs + Math.max(LEAST_REST_MS, REST_FACTOR * (endedMs - startedMs));
  }

  async #trimTo(targetBytes: number, signal: AbortSignal): Promise<number> {
    const { bus, labels } = this.#context;
    const through = await this.#seenThrough();
    // A pass over SCANS: made when a label of a study is met that counts.
    let onScans: Promise<ReadonlySet<string>> | undefined;
    const studiesOnScans = () => (onScans ??= this.#studiesOnScans(signal));
    const stored = bus.follow({ stream: Streams.LABELS, codec: codecs.LabelEvent, signal, storedOnly: true });
    let deleted = 0;
    for await (const { message, sequence } of stored) {
      if (sequence > through) break;
      if (!message || !(await this.#mayLeave(message, sequence, studiesOnScans))) continue;
      await bus.deleteMessage(Streams.LABELS, sequence);
      labels.forget(message, sequence);
      if (++deleted % BATCH === 0 && (await bus.statsOf(Streams.LABELS)).bytes <= targetBytes) break;
    }
    return deleted;
  }

  /** Sequence up to which this archiver and every living run have seen all labels; 0 while a run needs every label. */
  async #seenThrough(): Promise<number> {
    const { bus, index, config } = this.#context;
    const { living } = await readRunNeeds(bus, config.runAgeMs);
    const seen = living.map(({ retention }) => retention?.labelsThrough ?? 0);
    return Math.min(await index.labelsThrough(), ...seen);
  }

  async #studiesOnScans(signal: AbortSignal): Promise<ReadonlySet<string>> {
    const studies = new Set<string>();
    for await (const { studyId } of followScans(this.#context.bus, { signal, storedOnly: true })) studies.add(studyId);
    return studies;
  }

  async #mayLeave(
    event: LabelEvent,
    sequence: number,
    studiesOnScans: () => Promise<ReadonlySet<string>>,
  ): Promise<boolean> {
    const { index, labels } = this.#context;
    if (!labels.counts(event, sequence)) return true;
    const { sampleId = '', studyId = '', label } = event;
    if (sampleId !== '') return (await index.get(sampleId))?.archivedLabel === label;
    if ((await studiesOnScans()).has(studyId)) return false;
    const samples = await index.samplesOfStudy(studyId);
    for (const each of samples) {
      const counting = labels.newest({ sampleId: each, studyId, label: '' }).name;
      if ((await index.get(each))?.archivedLabel !== counting) return false;
    }
    return samples.length > 0;
  }
}
