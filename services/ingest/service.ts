import { ArchiveIndex } from '#libs/archive';
import { untilAborted } from '#libs/async';
import type { Bus } from '#libs/bus';
import { StudyIndex } from '#libs/studies';
import type { Logger } from '#libs/telemetry';
import type { IngestConfig } from './config.js';
import { IngestEvents, reportOn } from './events.js';
import { BrokerSink } from './pipeline/broker-sink.js';
import { Ingestor } from './pipeline/ingestor.js';
import { loadPseudonymKey } from './pipeline/pseudonym-key.js';
import { Pseudonyms } from './pipeline/pseudonyms.js';
import { warningOfSplits } from './pipeline/splits.js';
import { annotate, storeLabels } from './sources/grpc/annotate.js';
import { answerEdges } from './sources/grpc/answer-edges.js';
import { forwardScans } from './sources/grpc/forward-scans.js';
import { OpenSources } from './sources/open-sources.js';

export interface IngestContext {
  readonly bus: Bus;
  readonly config: IngestConfig;
  readonly log: Logger;
  /** Unique per process. */
  readonly instance: string;
}

/**
 * Takes images in until the signal aborts; uploads under way are finished first.
 *
 * @throws PORT_IN_USE, INVALID_CONFIG
 */
export async function runIngest(context: IngestContext, signal: AbortSignal): Promise<void> {
  await using _service = await IngestService.start(context);
  await untilAborted(signal);
}

interface ServiceParts {
  sources: OpenSources;
  events: IngestEvents;
  studies: StudyIndex;
  ingestor: Ingestor;
}

/** The sources of a site that stay open, and the broker as the place where samples go. */
export class IngestService implements AsyncDisposable {
  readonly #parts: ServiceParts;
  #isStopped = false;

  private constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** @throws PORT_IN_USE, INVALID_CONFIG */
  static async start({ bus, config, log, instance }: IngestContext): Promise<IngestService> {
    const { site, watchDir } = config;
    const events = new IngestEvents(reportOn(bus, instance), log);
    const pseudonyms = new Pseudonyms(site, await loadPseudonymKey(config.pseudonymKey, config.dataDir, log));
    const sink = new BrokerSink({ bus, config, events });
    const ingestor = new Ingestor({ sink, config, pseudonyms, events });
    const studies = new StudyIndex(bus, log, { keepSlices: false });
    const archive = new ArchiveIndex(bus);
    const labels = { bus, site, pseudonyms, studies, archive };
    const sources = await OpenSources.start({
      ingestor,
      config,
      log,
      label: async ({ studyUid, ...label }, signal) =>
        void (await storeLabels(labels, [{ ...label, studyId: studyUid, target: 'studyId' }], { signal })),
      handlers: (room) => ({
        annotate: annotate(labels),
        forwardScans: forwardScans({ ingestor, room, config }),
        ...answerEdges({ sink }),
      }),
    }).catch(async (error: unknown) => {
      await ingestor.close();
      throw error;
    });
    studies.start();
    const { address, dicomPort, httpAddress } = sources;
    /** With a watched folder: once what arrives there is noticed. */
    const ready = (watchedBy?: string): void => {
      const from = watchDir === undefined ? '' : ` and from ${watchDir} (by ${watchedBy})`;
      events.state('ready', `Takes images in at ${address}${from}`);
      log.info({ address, watching: watchDir, watchedBy, dicomPort, httpAddress }, 'ready');
    };
    if (watchDir === undefined) ready();
    else {
      events.state('starting', `Takes images in at ${address}; looks through ${watchDir}`);
      void sources.watching.then((by) => by && ready(by));
    }
    const warning = warningOfSplits(config.splitBy);
    if (warning !== undefined) log.warn(warning);
    return new IngestService({ sources, events, studies, ingestor });
  }

  /** `host:port` that the gRPC server listens on. */
  get address(): string {
    return this.#parts.sources.address;
  }

  /** Port that DICOM is received on; undefined where it is not. */
  get dicomPort(): number | undefined {
    return this.#parts.sources.dicomPort;
  }

  /** `host:port` that HTTP is received on; undefined where it is not. */
  get httpAddress(): string | undefined {
    return this.#parts.sources.httpAddress;
  }

  /** Finishes the uploads that are under way, then everything else. */
  async stop(graceMs?: number): Promise<void> {
    const { sources, events, studies, ingestor } = this.#parts;
    if (this.#isStopped) return;
    this.#isStopped = true;
    events.state('stopping', 'Finishing what is under way');
    await sources.stop(graceMs);
    await studies.close();
    await ingestor.close();
    await events.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
