import path from 'node:path';
import { mapInOrder, retryWithBackoff } from '#libs/async';
import { ArchiveIndex } from '#libs/archive';
import { subjects, type Bus, type RequestOptions } from '#libs/bus';
import { codecs, type ArchiveEntry } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { detectFormat } from '#libs/imaging';
import { CompletedStudies } from '#libs/studies';
import { Withdrawals, withdrawnError } from '#libs/withdrawals';
import type { ImportConfig } from '../config.js';
import type { IngestEvents } from '../events.js';
import { Quarantine } from '../sources/dicom/quarantine.js';
import { KnownScans } from './known-scans.js';
import type { IngestOutcome } from './outcome.js';
import type { PreparedScan } from './prepare-scan.js';
import type { IngestOptions, NamedSample, Refused, SampleSink, StoreScan } from './sample-sink.js';
import { storeScan } from './store-scan.js';
import { whyFull } from './why-full.js';

export interface BrokerSinkContext {
  readonly bus: Bus;
  readonly config: Pick<ImportConfig, 'site' | 'retryTimeoutMs' | 'sendsNames' | 'dataDir' | 'quarantineBytes'>;
  readonly events: IngestEvents;
}

/** What is asked of a sample before it is stored. */
interface Asked {
  archived: Promise<ArchiveEntry | undefined>;
  isWithdrawn: Promise<boolean>;
}

/** Samples looked for at the same time: each is read whole. */
const LOOKS_AT_ONCE = 8;

/** The broker as the place where samples go: SCANS, and DEAD for what is refused. */
export class BrokerSink implements SampleSink {
  readonly #context: BrokerSinkContext;
  readonly #archive: ArchiveIndex;
  readonly #known: KnownScans;
  readonly #withdrawals: Withdrawals;
  readonly #refused: Quarantine;

  constructor(context: BrokerSinkContext) {
    this.#context = context;
    this.#archive = new ArchiveIndex(context.bus);
    this.#known = new KnownScans(context.bus);
    this.#withdrawals = new Withdrawals(context.bus);
    const { dataDir, quarantineBytes } = context.config;
    this.#refused = new Quarantine(path.join(dataDir, 'refused'), quarantineBytes, '');
  }

  begin(sample: NamedSample, options: IngestOptions): StoreScan {
    const archived = this.#archive.get(sample.sampleId, this.#waiting(options.signal));
    const isWithdrawn = this.#isWithdrawn(sample, options);
    for (const asked of [archived, isWithdrawn]) asked.catch(() => undefined); // seen when it is stored, if it is
    return (scan) => this.#store(scan, { archived, isWithdrawn }, options);
  }

  #isWithdrawn({ sampleId, patientId }: NamedSample, { signal }: IngestOptions): Promise<boolean> {
    return retryWithBackoff(() => this.#withdrawals.isWithdrawn({ sampleId, patientId }), {
      signal,
      timeoutMs: this.#waiting(signal).retryTimeoutMs ?? 0,
    });
  }

  async keepRefused(
    { source, error, site = this.#context.config.site, patientId }: Refused,
    bytes?: Uint8Array,
    signal?: AbortSignal,
  ): Promise<void> {
    const isFromEdge = site !== this.#context.config.site;
    // What cannot be decoded cannot be cleaned of what else it says: it stays here, unless an edge has cleaned it.
    const sent = isFromEdge || this.#context.config.sendsNames ? bytes : undefined;
    const note = { source, patientId, code: error.code, reason: error.rawMessage };
    if (bytes && !sent) await this.#refused.keep(bytes, note);
    const deadLetter = {
      service: 'ingest',
      site,
      code: error.code,
      cause: error.rawMessage,
      source,
      patientId: patientId ?? '',
      originalType: sent ? mediaType(sent) : '',
      ...(sent ? { original: { inline: sent } } : {}),
      deliveries: 1,
    };
    await this.#context.bus.deadLetter(deadLetter, this.#waiting(signal));
  }

  async completeStudy(studyId: string, samples: number, site = this.#context.config.site): Promise<void> {
    await new CompletedStudies(this.#context.bus).announce(site, { studyId, samples });
  }

  async findDurable(sampleIds: readonly string[], site = this.#context.config.site): Promise<Set<string>> {
    const durable = new Set<string>();
    for await (const sampleId of mapInOrder(sampleIds, LOOKS_AT_ONCE, async (sampleId) =>
      (await this.#isDurable(sampleId, site)) ? sampleId : undefined,
    ))
      if (sampleId !== undefined) durable.add(sampleId);
    return durable;
  }

  async #isDurable(sampleId: string, site: string): Promise<boolean> {
    // With its bytes: what is damaged there is not safe.
    if (await this.#context.bus.getLast('SCANS', subjects.scan(site, sampleId), codecs.Scan)) return true;
    return (await this.#archive.get(sampleId)) !== undefined;
  }

  async #store(scan: PreparedScan, asked: Asked, options: IngestOptions): Promise<IngestOutcome> {
    const { sampleId, source = '' } = scan;
    const { signal, ticket } = options;
    const waiting = this.#waiting(signal);
    const refused = (): IngestOutcome => ({ kind: 'rejected', source, sampleId, error: withdrawnError(sampleId) });
    try {
      if (await asked.isWithdrawn) return refused();
      await this.#known.ready();
      const outcome = await storeScan(this.#context.bus, scan, {
        ticket,
        archived: await asked.archived,
        known: this.#known,
        ...waiting,
      });
      // It may have been withdrawn between the look and now, and what withdraws may have missed it.
      if (outcome.kind !== 'ingested' || !(await this.#isWithdrawn(scan, options))) return outcome;
      await this.#context.bus.deleteMessage('SCANS', outcome.sequence, { erase: true });
      return refused();
    } catch (error) {
      throw await this.#explained(error);
    }
  }

  /** Why a full stream does not become emptier, where the archiver knows. */
  async #explained(error: unknown): Promise<SulcusError> {
    const failure = SulcusError.from(error);
    if (failure.code !== 'BACKPRESSURE') return failure;
    const { details } = failure;
    return new SulcusError(failure.code, `${failure.rawMessage}. ${await whyFull(this.#archive)}`, {
      cause: error,
      details,
    });
  }

  /**
   * The image is still in hand: its sender waits while the pipeline is full or the broker away, and nothing is lost.
   */
  #waiting(signal: AbortSignal | undefined): RequestOptions {
    const { config, events } = this.#context;
    const onRetry = (failure: SulcusError): void => events.waiting(failure, () => whyFull(this.#archive));
    return { signal, retryTimeoutMs: config.retryTimeoutMs, whileFull: true, onRetry };
  }
}

function mediaType(bytes: Uint8Array): string {
  const format = detectFormat(bytes);
  return format ? `image/${format}` : 'application/octet-stream';
}
