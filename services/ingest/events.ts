import { publishEvent, type Bus } from '#libs/bus';
import type { PipelineEventInput } from '#libs/contracts';
import type { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { IngestOutcome } from './pipeline/outcome.js';

const REPORT_INTERVAL_MS = 500;
const WAITING_INTERVAL_MS = 10_000;

const COUNTED = {
  SPLIT_TRAIN: 'train',
  SPLIT_VALIDATION: 'validation',
  SPLIT_GATE: 'gate',
  SPLIT_TEST: 'test',
} as const;

/** Counts of one import, or of a server since it started. At all times what is offered is the sum of the next four. */
export interface IngestCounts {
  offered: number;
  ingested: number;
  duplicates: number;
  rejected: number;
  /** DICOM objects that nobody wants. */
  filtered: number;
  /** Of the rejected: DICOM objects that are kept at the site. */
  quarantined: number;
  train: number;
  validation: number;
  gate: number;
  test: number;
  /** Ingested images that look like one of another split, and were put on its side. */
  nearDuplicates: number;
  /** The same, where patient or study left them on the other side. */
  leaks: number;
}

/** A report to operators, of one of the bodies of a PipelineEvent. */
export type Report = (body: Pick<PipelineEventInput, 'state' | 'ingest'>) => Promise<void>;

/** Reports on the stream EVENTS. Never throws. */
export const reportOn =
  (bus: Bus, instance: string): Report =>
  (body) =>
    publishEvent(bus, 'ingest', instance, body);

/** Business events of ingest: each keeps its counter, its log record and its report to operators together. */
export class IngestEvents {
  readonly counts: IngestCounts = {
    offered: 0,
    ingested: 0,
    duplicates: 0,
    rejected: 0,
    filtered: 0,
    quarantined: 0,
    train: 0,
    validation: 0,
    gate: 0,
    test: 0,
    nearDuplicates: 0,
    leaks: 0,
  };
  /** Of what is not wanted and what is rejected: how often for each reason or code. */
  readonly reasons: Record<string, number> = {};
  readonly #report: Report;
  readonly #log: Logger;
  readonly #importId: string;
  readonly #timer: NodeJS.Timeout;
  #reported = -1;
  #waitingSaidAtMs = Number.NEGATIVE_INFINITY;
  #reporting: Promise<void> = Promise.resolve();

  /** @param importId names the import, or is empty for a server */
  constructor(report: Report, log: Logger, importId = '') {
    this.#report = report;
    this.#log = log;
    this.#importId = importId;
    this.#timer = setInterval(() => this.#reportChanges(), REPORT_INTERVAL_MS).unref();
  }

  /** An image has found its place: scan, duplicate or dead letter. */
  settled(outcome: IngestOutcome): void {
    this.counts.offered++;
    switch (outcome.kind) {
      case 'ingested':
        this.counts.ingested++;
        this.counts[COUNTED[outcome.split]]++;
        if (outcome.sameAs) this.#looksLike(outcome, outcome.sameAs);
        this.#log.debug({ sample: outcome.sampleId, split: outcome.split, source: outcome.source }, 'ingested');
        return;
      case 'duplicate':
        this.counts.duplicates++;
        this.#log.debug({ sample: outcome.sampleId, source: outcome.source }, 'duplicate');
        return;
      case 'filtered':
        this.counts.filtered++;
        this.#countReason(outcome.reason);
        this.#log.debug({ source: outcome.source, reason: outcome.reason }, 'filtered');
        return;
      case 'rejected':
        this.counts.rejected++;
        this.#countReason(outcome.error.code);
        if (outcome.isQuarantined) this.counts.quarantined++;
        this.#log[outcome.error.code === 'INTERNAL' ? 'error' : 'info'](
          { source: outcome.source, code: outcome.error.code, reason: outcome.error.rawMessage },
          'rejected',
        );
    }
  }

  #countReason(reason: string): void {
    this.reasons[reason] = (this.reasons[reason] ?? 0) + 1;
  }

  #looksLike(
    { sampleId, split, source }: { sampleId: string; split: string; source: string },
    { sampleId: twin, isMoved }: { sampleId: string; isMoved: boolean },
  ): void {
    this.counts[isMoved ? 'nearDuplicates' : 'leaks']++;
    const about = { sample: sampleId, sameAs: twin, split, source };
    if (isMoved) this.#log.info(about, 'the same picture as one of another split: put on its side');
    else this.#log.warn(about, 'the same picture as one of another split, and patient or study keeps them apart');
  }

  /**
   * A sender waits because the pipeline is full or the broker away. Many wait together: one line stands for them.
   *
   * @param whyFull asks why a full stream does not become emptier
   */
  waiting(error: SulcusError, whyFull: () => Promise<string>): void {
    if (performance.now() - this.#waitingSaidAtMs < WAITING_INTERVAL_MS) return;
    this.#waitingSaidAtMs = performance.now();
    void this.#sayWaiting(error, error.code === 'BACKPRESSURE' ? whyFull() : undefined);
  }

  async #sayWaiting({ code, rawMessage: reason, message }: SulcusError, why?: Promise<string>): Promise<void> {
    const because = await why;
    this.#log.warn({ code, reason, because }, 'senders wait');
    this.state('busy', `Senders wait: ${message}${because === undefined ? '' : `. ${because}`}`);
  }

  /** A study is complete and the core could not be told. */
  studyNotAnnounced(studyId: string, { code, rawMessage: reason }: SulcusError): void {
    this.#log.warn(
      { study: studyId, code, reason },
      'the core was not told that a study is complete: its idle time counts',
    );
  }

  /** Tells operators what the service is up to. */
  state(state: 'starting' | 'ready' | 'busy' | 'stopping', message: string): void {
    void this.#report({ state: { state, message } });
  }

  /** Publishes the last counts. `done` says that an import has gone through to its end. */
  async finish({ done = false } = {}): Promise<void> {
    clearInterval(this.#timer);
    await this.#reporting;
    await this.#publish({ ...this.counts, done });
  }

  /** One report at a time: with the broker away they would pile up. */
  #reportChanges(): void {
    if (this.counts.offered === this.#reported) return;
    this.#reported = this.counts.offered;
    this.#reporting = this.#reporting.then(() => this.#publish(this.counts));
  }

  #publish(progress: NonNullable<PipelineEventInput['ingest']>): Promise<void> {
    return this.#report({ ingest: { importId: this.#importId, ...progress } });
  }
}
