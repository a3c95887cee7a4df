import { retryWithBackoff } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { currentTraceparent } from '#libs/telemetry';
import type {
  IngestEvents,
  IngestOptions,
  IngestOutcome,
  PreparedScan,
  Quarantine,
  Refused,
  SampleSink,
  StoreScan,
} from '#services/ingest';
import type { Spool } from './spool.js';

export interface SpoolSinkContext {
  readonly spool: Spool;
  /** Where refused images are kept: nothing of them goes to the core. */
  readonly refused: Quarantine;
  readonly events: IngestEvents;
  readonly config: { readonly retryTimeoutMs: number; readonly maxMessageBytes: number };
}

/** What a message holds beside its image. */
const ENVELOPE_BYTES = 64 * 1024;

/** The spool as the place where samples go: accepted when they are on the site's disk, whatever the core does. */
export class SpoolSink implements SampleSink {
  readonly #context: SpoolSinkContext;

  constructor(context: SpoolSinkContext) {
    this.#context = context;
  }

  begin(_sampleId: string, options: IngestOptions): StoreScan {
    return (scan) => this.#store(scan, options);
  }

  async keepRefused({ source, error }: Refused, bytes?: Uint8Array): Promise<void> {
    // Of DICOM the quarantine has the object already, of a file that cannot be read there is nothing.
    if (bytes) await this.#context.refused.keep(bytes, { source, code: error.code, reason: error.rawMessage });
  }

  async #store(scan: PreparedScan, { signal, ticket }: IngestOptions): Promise<IngestOutcome> {
    const { spool, config, events } = this.#context;
    const { perceptualHash, isSplitByIdentity, ...content } = scan;
    const { source = '', sampleId, split } = content;
    if (scan.image.inline.length + ENVELOPE_BYTES > config.maxMessageBytes) {
      const error = new SulcusError(
        'IMAGE_TOO_LARGE',
        `The image has ${scan.image.inline.length} bytes: with SULCUS_MAX_MESSAGE_BYTES=${config.maxMessageBytes} ` +
          'it cannot be sent to the core',
      );
      return { kind: 'rejected', source, sampleId, error };
    }
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
