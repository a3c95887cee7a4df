import path from 'node:path';
import { untilAborted } from '#libs/async';
import type { Logger } from '#libs/telemetry';
import { IngestEvents, Ingestor, loadPseudonymKey, OpenSources, Pseudonyms, Quarantine } from '#services/ingest';
import type { EdgeConfig } from './config.js';
import { connectCore } from './core-client.js';
import { EdgeEvents } from './events.js';
import { findDurable } from './find-durable.js';
import { annotateAtCore, labelAtCore } from './label-forwarder.js';
import { Forwarder } from './forwarder/forwarder.js';
import { StudyForwarder } from './forwarder/study-forwarder.js';
import { StudySpool } from './spool/study-spool.js';
import { Spool } from './spool/spool.js';
import { SpoolSink } from './spool/spool-sink.js';
import { STATUS_INTERVAL_MS, writeStatus, type EdgeStatus } from './status/edge-status.js';

export interface EdgeContext {
  readonly config: EdgeConfig;
  readonly log: Logger;
}

/**
 * Takes images in and sends them to the core until the signal aborts; uploads under way are finished first.
 *
 * @throws PORT_IN_USE, INVALID_CONFIG
 */
export async function runEdge(context: EdgeContext, signal: AbortSignal): Promise<void> {
  await using _service = await EdgeService.start(context);
  await untilAborted(signal);
}

/** Less than ingest takes: an edge is to be small. */
const UPLOAD_BYTES = 64 * 2 ** 20;

interface ServiceParts {
  config: EdgeConfig;
  log: Logger;
  sources: OpenSources;
  ingestor: Ingestor;
  spool: Spool;
  studies: StudySpool;
  doorEvents: IngestEvents;
  events: EdgeEvents;
  stop: AbortController;
}

/** The doors of ingest, a spool behind them, and a forwarder that empties it. */
export class EdgeService implements AsyncDisposable {
  readonly #parts: ServiceParts;
  readonly #startedUnixMs = Date.now();
  readonly #forwarding: Promise<unknown>;
  readonly #statusTimer: NodeJS.Timeout;
  #statusWriting: Promise<void> = Promise.resolve();

  private constructor(parts: ServiceParts) {
    this.#parts = parts;
    const { spool, studies, config, events, stop } = parts;
    this.#forwarding = Promise.all([
      new Forwarder({ spool, connect: () => connectCore(config), events, config }).run(stop.signal),
      new StudyForwarder({ studies, events, config }).run(stop.signal),
    ]);
    this.#statusTimer = setInterval(() => this.#writeStatus(), STATUS_INTERVAL_MS);
    this.#writeStatus();
  }

  /** @throws PORT_IN_USE, INVALID_CONFIG */
  static async start({ config, log }: EdgeContext): Promise<EdgeService> {
    const { dataDir, site } = config;
    const { spoolBytes: maxBytes, reserveBytes } = config;
    const spool = await Spool.open({ folder: path.join(dataDir, 'spool'), maxBytes, reserveBytes });
    const studies = await StudySpool.open(path.join(dataDir, 'spool', 'studies'));
    const doorEvents = new IngestEvents(async () => undefined, log);
    const pseudonyms = new Pseudonyms(site, await loadPseudonymKey(config.pseudonymKey, dataDir, log));
    const refused = new Quarantine(path.join(dataDir, 'refused'), config.quarantineBytes, '.bin');
    const stop = new AbortController();
    const sink = new SpoolSink({
      ...{ spool, refused, events: doorEvents, studies, config },
      findDurable: (sampleIds) => findDurable({ config, spool }, sampleIds, stop.signal),
    });
    const ingestor = new Ingestor({ sink, config, pseudonyms, events: doorEvents });
    const labels = { config, pseudonyms, spool };
    const sources = await OpenSources.start({
      ...{ ingestor, config, log, uploadBytes: UPLOAD_BYTES },
      handlers: () => ({ annotate: annotateAtCore(labels) }),
      label: async ({ studyUid, ...label }, signal) =>
        void (await labelAtCore(labels, [{ ...label, studyId: studyUid, target: 'studyId' }], signal)),
    }).catch(async (error: unknown) => {
      await ingestor.close();
      throw error;
    });
    const { address, dicomPort, httpAddress } = sources;
    log.info({ address, dicomPort, httpAddress, watching: config.watchDir, core: config.core }, 'ready');
    const events = new EdgeEvents(log);
    return new EdgeService({ config, log, sources, ingestor, spool, studies, doorEvents, events, stop });
  }

  /** `host:port` that the gRPC server listens on. */
  get address(): string {
    return this.#parts.sources.address;
  }

  /** Port that DICOM is received on; undefined where it is not. */
  get dicomPort(): number | undefined {
    return this.#parts.sources.dicomPort;
  }

  /** What it says of itself. */
  async status(): Promise<EdgeStatus> {
    const { config, sources, spool, doorEvents, events } = this.#parts;
    return {
      site: config.site,
      core: config.core,
      pid: process.pid,
      startedUnixMs: this.#startedUnixMs,
      updatedUnixMs: Date.now(),
      rssBytes: process.memoryUsage.rss(),
      link: events.link,
      lastAckUnixMs: events.lastAckUnixMs,
      spool: await spool.state(),
      doors: doorEvents.counts,
      reasons: doorEvents.reasons,
      dicom: sources.dicomState,
      forwarded: events.counts,
    };
  }

  /** Finishes the uploads that are under way, then what is on its way to the core; what waits stays in the spool. */
  async stop(graceMs?: number): Promise<void> {
    const { sources, ingestor, spool, doorEvents, stop } = this.#parts;
    if (stop.signal.aborted) return;
    await sources.stop(graceMs);
    stop.abort();
    await this.#forwarding;
    await ingestor.close();
    clearInterval(this.#statusTimer);
    await doorEvents.finish();
    this.#writeStatus();
    await this.#statusWriting;
    await spool.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** One at a time: a disk may be slow. */
  #writeStatus(): void {
    const { config, log, events } = this.#parts;
    this.#statusWriting = this.#statusWriting
      .then(async () => {
        const status = await this.status();
        const { bytes, maxBytes, oldestUnixMs } = status.spool;
        if (bytes > config.highWatermark * maxBytes) events.filling(bytes / maxBytes, oldestUnixMs);
        await writeStatus(config.dataDir, status);
      })
      .catch((error: unknown) => log.warn({ err: error }, 'the status could not be written'));
  }
}
