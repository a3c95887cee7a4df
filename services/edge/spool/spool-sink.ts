import { retryWithBackoff } from '#libs/async';
import { currentTraceparent } from '#libs/telemetry';
import type {
  IngestEvents,
  IngestOptions,
  IngestOutcome,
  NamedSample,
  PreparedScan,
  Quarantine,
  Refused,
  SampleSink,
  StoreScan,
} from '#services/ingest';
import type { StudySpool } from './study-spool.js';
import type { Spool } from './spool.js';

export interface SpoolSinkContext {
  readonly spool: Spool;
  /** Where refused images are kept: nothing of them goes to the core. */
  readonly refused: Quarantine;
  readonly events: IngestEvents;
  readonly studies: StudySpool;
  readonly config: { readonly retryTimeoutMs: number };
  /** Which samples are on the site's disk or at the core. */
  readonly findDurable: (sampleIds: readonly string[]) => Promise<ReadonlySet<string>>;
}

/** The spool as the place where samples go: accepted when they are on the site's disk, whatever the core does. */
export class SpoolSink implements SampleSink {
  readonly #context: SpoolSinkContext;

  constructor(context: SpoolSinkContext) {
    this.#context = context;
  }

  begin(_sample: NamedSample, options: IngestOptions): StoreScan {
    return (scan) => this.#store(scan, options);
  }

  async keepRefused({ source, error, patientId }: Refused, bytes?: Uint8Array): Promise<void> {
    const note = { source, patientId, code: error.code, reason: error.rawMessage };
    // Of DICOM the quarantine has the object already, of a file that cannot be read there is nothing.
    if (bytes) await this.#context.refused.keep(bytes, note);
  }

  findDurable(sampleIds: readonly string[]): Promise<ReadonlySet<string>> {
    return this.#context.findDurable(sampleIds);
  }

  async completeStudy(studyId: string, samples: number): Promise<void> {
    await this.#context.studies.add({ studyId, samples });
  }

  async #store(scan: PreparedScan, { signal, ticket }: IngestOptions): Promise<IngestOutcome> {
    const { spool, config, events } = this.#context;
    const { perceptualHash, isSplitByIdentity, ...content } = scan;
    const { source = '', sampleId, split } = content;
    await ticket?.ready;
    const adding = retryWithBackoff(
      () =>
        spool.add({
          scan: content,
          perceptualHash,
          splitByIdentity: isSplitByIdentity,
          traceparent: currentTraceparent() ?? '',
        }),
      {
        signal,
        timeoutMs: config.retryTimeoutMs,
        onRetry: (failure) => events.waiting(failure, async () => 'The core takes samples too slowly, or not at all'),
      },
    );
    ticket?.release();
    const { sequence, isNew } = await adding;
    return { kind: isNew ? 'ingested' : 'duplicate', source, sampleId, split, sequence };
  }
}
