import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import pLimit from 'p-limit';
import type { Ticket } from '#libs/async';
import { subjects, writeScanHeaders, type Bus, type RequestOptions } from '#libs/bus';
import { codecs, type ScanInput } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import {
  decodeImage,
  detectFormat,
  FORMAT_EXTENSIONS,
  IMAGE_EXTENSIONS,
  isMislabelled,
  type DecodedImage,
} from '#libs/imaging';
import { attr, withSpan, type SpanHandle } from '#libs/telemetry';
import type { CommonConfig } from '../config.js';
import type { IngestEvents } from '../events.js';
import { cleanLabel } from './labels.js';
import type { ImageInput, IngestOutcome } from './outcome.js';
import type { Pseudonyms } from './pseudonyms.js';
import { chooseSplit, type AssignedSplit } from './splits.js';

export interface IngestorContext {
  readonly bus: Bus;
  readonly config: CommonConfig;
  readonly pseudonyms: Pseudonyms;
  readonly events: IngestEvents;
}

export interface IngestOptions {
  /** The sender has gone: stop waiting for a full pipeline. */
  signal?: AbortSignal;
  /** Place in a line: scans are sent in the order of their tickets. */
  ticket?: Ticket;
}

/** A scan that only needs to be sent. */
interface PreparedScan {
  scan: ScanInput & { sampleId: string; label: string };
  split: AssignedSplit;
}

/** Images decoded at the same time, by all doors together: enough to keep every core busy while others wait for the broker. */
const DECODES_AT_ONCE = 2 * availableParallelism();

/**
 * What every door does with an image: validate by decoding, identify by content, pseudonymise, choose the split, store
 * durably. An outcome is an answer that may be given to the sender; a throw means that nothing is known of the image.
 */
export class Ingestor {
  readonly #context: IngestorContext;
  readonly #decodes = pLimit(DECODES_AT_ONCE);

  constructor(context: IngestorContext) {
    this.#context = context;
  }

  /**
   * Takes one image in.
   *
   * @throws BACKPRESSURE, STORAGE_FULL, BUS_UNAVAILABLE when the pipeline does not take it within the retry timeout;
   *   CANCELLED when the signal aborts
   */
  async ingestImage(input: ImageInput, { signal, ticket }: IngestOptions = {}): Promise<IngestOutcome> {
    const sampleId = createHash('sha256').update(input.bytes).digest('hex');
    const attributes = {
      [attr.sampleId]: sampleId,
      [attr.site]: this.#context.config.site,
      [attr.imageSizeBytes]: input.bytes.length,
    };
    try {
      return await withSpan('ingest image', { attributes }, async (span) => {
        const outcome = await this.#ingest(input, sampleId, { signal, ticket });
        this.#settle(span, outcome);
        return outcome;
      });
    } finally {
      ticket?.release();
    }
  }

  /** Accounts for a file that could not be read: it is kept in the dead-letter stream by name and cause. */
  rejectUnread(source: string, error: SulcusError, options: IngestOptions = {}): Promise<IngestOutcome> {
    return this.#reject(source, error, undefined, options);
  }

  /** Refuses an image for what it came with, keeping its bytes. */
  rejectRead(
    source: string,
    bytes: Uint8Array,
    error: SulcusError,
    options: IngestOptions = {},
  ): Promise<IngestOutcome> {
    return this.#reject(source, error, bytes, options);
  }

  async #reject(
    source: string,
    error: SulcusError,
    bytes: Uint8Array | undefined,
    { signal, ticket }: IngestOptions,
  ): Promise<IngestOutcome> {
    ticket?.release();
    return withSpan('ingest image', { attributes: { [attr.site]: this.#context.config.site } }, async (span) => {
      await this.#deadLetter(source, error, bytes, signal);
      const outcome: IngestOutcome = { kind: 'rejected', source, error };
      this.#settle(span, outcome);
      return outcome;
    });
  }

  async #ingest(input: ImageInput, sampleId: string, { signal, ticket }: IngestOptions): Promise<IngestOutcome> {
    let rejection: SulcusError;
    try {
      const prepared = await this.#decodes(() => this.#prepare(input, sampleId));
      const stored = await this.#store(prepared, input.source, signal, ticket);
      if (!(stored instanceof SulcusError)) return stored;
      rejection = stored;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      rejection = error.reason;
    }
    ticket?.release();
    await this.#deadLetter(input.source, rejection, input.bytes, signal);
    return { kind: 'rejected', source: input.source, sampleId, error: rejection };
  }

  /** Everything that needs no broker. Whatever fails here is the image's own fault. */
  async #prepare(input: ImageInput, sampleId: string): Promise<PreparedScan> {
    const { config, pseudonyms } = this.#context;
    try {
      const label = cleanLabel(input.label);
      const image = await decodeImage(input.bytes, { maxPixels: config.maxPixels, maxBytes: config.maxFileBytes });
      if (!config.acceptMislabelled) refuseMislabelled(input.source, image);
      const patientId = pseudonyms.patient(input.patientId);
      const studyId = pseudonyms.study(input.studyId);
      const split = chooseSplit(
        { patient: patientId, study: studyId, content: sampleId },
        config.splitKey.reveal(),
        config.splitShares,
        input.splits,
      );
      const { width, height, channels, format } = image;
      const scan = {
        sampleId,
        studyId,
        patientId,
        site: config.site,
        split,
        label,
        image: { inline: input.bytes },
        format,
        width,
        height,
        channels,
        receivedUnixMs: Date.now(),
        source: input.source,
      };
      return { scan, split };
    } catch (error) {
      throw new Refusal(SulcusError.from(error));
    }
  }

  /** @returns the outcome, or a LABEL_CONFLICT */
  async #store(
    { scan, split }: PreparedScan,
    source: string,
    signal: AbortSignal | undefined,
    ticket: Ticket | undefined,
  ): Promise<IngestOutcome | SulcusError> {
    const { bus, config } = this.#context;
    const waiting = this.#waiting(signal);
    const { sampleId, label } = scan;
    const subject = subjects.scan(config.site, sampleId);
    const image = await bus.toPayload(scan.image!.inline as Uint8Array, waiting);
    await ticket?.ready;
    const publishing = bus.publish(
      subject,
      codecs.Scan,
      { ...scan, image },
      {
        messageId: `${config.site}:${sampleId}`,
        firstOnSubject: true,
        headers: writeScanHeaders({ ...scan, split }),
        ...waiting,
      },
    );
    ticket?.release();
    const { sequence, duplicate } = await publishing;
    if (!duplicate) return { kind: 'ingested', source, sampleId, split, sequence };

    const known = await bus.getLast('SCANS', subject, codecs.Scan, waiting);
    const knownLabel = known?.message.label ?? label;
    if (label !== '' && knownLabel !== '' && label !== knownLabel) {
      return new SulcusError(
        'LABEL_CONFLICT',
        `The same image was ingested before as "${knownLabel}" (from ${known!.message.source}) and now comes as "${label}": to correct a label, annotate the sample`,
        {
          details: { sampleId, label, knownLabel },
        },
      );
    }
    if (label !== '' && knownLabel === '') await this.#addLabel(sampleId, label, waiting);
    return {
      kind: 'duplicate',
      source,
      sampleId,
      split: (known?.message.split as AssignedSplit | undefined) ?? split,
      sequence,
    };
  }

  /** The image came without a label first and brings one now. */
  async #addLabel(sampleId: string, label: string, waiting: RequestOptions): Promise<void> {
    const { bus, config } = this.#context;
    const event = {
      sampleId,
      target: 'sampleId' as const,
      label,
      labelSource: 'ingest',
      site: config.site,
      labelledUnixMs: Date.now(),
    };
    await bus.publish(subjects.label(config.site), codecs.LabelEvent, event, {
      messageId: `ingest:${config.site}:${sampleId}:${encodeURIComponent(label)}`,
      ...waiting,
    });
  }

  /** Keeps what is refused, as it came. */
  async #deadLetter(
    source: string,
    error: SulcusError,
    bytes: Uint8Array | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    const { bus, config } = this.#context;
    const deadLetter = {
      service: 'ingest',
      site: config.site,
      code: error.code,
      cause: error.rawMessage,
      source,
      originalType: bytes ? mediaType(bytes) : '',
      ...(bytes ? { original: { inline: bytes } } : {}),
      deliveries: 1,
    };
    await bus.deadLetter(deadLetter, this.#waiting(signal));
  }

  /** The image is still in hand: its sender waits while the pipeline is full or the broker away, and nothing is lost. */
  #waiting(signal: AbortSignal | undefined): RequestOptions {
    const { config, events } = this.#context;
    const onRetry = (failure: SulcusError): void => events.waiting(failure);
    return { signal, retryTimeoutMs: config.retryTimeoutMs, whileFull: true, onRetry };
  }

  #settle(span: SpanHandle, outcome: IngestOutcome): void {
    span.setAttributes({
      [attr.outcome]: outcome.kind,
      ...(outcome.kind === 'rejected' ? { [attr.errorType]: outcome.error.code } : { [attr.split]: outcome.split }),
    });
    this.#context.events.settled(outcome);
  }
}

/** Sets what is wrong with an image apart from what is wrong with the pipeline. */
class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(readonly reason: SulcusError) {
    super(reason.message);
  }
}

/** A wrong ending tells of a broken export: which of the two is true, only its sender knows. */
function refuseMislabelled(source: string, { format }: DecodedImage): void {
  const extension = /\.([^./\\]+)$/.exec(source)?.[1]?.toLowerCase() ?? '';
  if (!IMAGE_EXTENSIONS.includes(extension) || !isMislabelled(source, format)) return;
  throw new SulcusError(
    'IMAGE_UNSUPPORTED',
    `The name ends in .${extension} and the content is ${format.toUpperCase()}: rename it to .${FORMAT_EXTENSIONS[format][0]}, or set SULCUS_ACCEPT_MISLABELLED=true`,
    {
      details: { extension, format },
    },
  );
}

function mediaType(bytes: Uint8Array): string {
  const format = detectFormat(bytes);
  return format ? `image/${format}` : 'application/octet-stream';
}
