import { setMaxListeners } from 'node:events';
import { ArchiveIndex } from '#libs/archive';
import { untilAborted } from '#libs/async';
import type { Bus } from '#libs/bus';
import type { StoreScp } from '#libs/dimse';
import { startServer, type RpcServer } from '#libs/rpc';
import { StudyIndex } from '#libs/studies';
import type { Logger } from '#libs/telemetry';
import type { IngestConfig } from './config.js';
import { IngestEvents } from './events.js';
import { Ingestor } from './pipeline/ingestor.js';
import { loadPseudonymKey } from './pipeline/pseudonym-key.js';
import { Pseudonyms } from './pipeline/pseudonyms.js';
import { warningOfSplits } from './pipeline/splits.js';
import { requireWatchFolder, watchFolder } from './sources/folder/watch-folder.js';
import { startReceiver } from './sources/dicom/receive.js';
import { annotate } from './sources/grpc/annotate.js';
import { uploadImages } from './sources/grpc/upload-images.js';
import { uploadImagesAcked } from './sources/grpc/upload-images-acked.js';
import { UploadRoom } from './sources/grpc/upload-room.js';

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
  server: RpcServer;
  events: IngestEvents;
  studies: StudyIndex;
  ingestor: Ingestor;
  receiver: StoreScp | undefined;
  /** Aborted at the end. */
  stop: AbortController;
  /** Ends after the stop. */
  watching: Promise<void> | undefined;
}

/** The sources of a site that stay open: gRPC and, when asked for, a watched folder. */
export class IngestService implements AsyncDisposable {
  readonly #parts: ServiceParts;

  private constructor(parts: ServiceParts) {
    this.#parts = parts;
  }

  /** @throws PORT_IN_USE, INVALID_CONFIG */
  static async start({ bus, config, log, instance }: IngestContext): Promise<IngestService> {
    const { watchDir, maxFileBytes } = config;
    if (watchDir !== undefined) await requireWatchFolder(watchDir);
    const events = new IngestEvents(bus, instance, log);
    const pseudonyms = new Pseudonyms(config.site, await loadPseudonymKey(config.pseudonymKey, config.dataDir, log));
    const ingestor = new Ingestor({ bus, config, pseudonyms, events });
    const studies = new StudyIndex(bus, log, { keepSlices: false });
    const uploads = { ingestor, room: new UploadRoom() };
    const server = await startServer({
      address: config.address,
      addressVariable: 'SULCUS_INGEST_ADDRESS',
      limits: { maxMessageBytes: config.maxMessageBytes },
      security: config.security,
      site: config.site,
      services: {
        Ingest: {
          uploadImages: uploadImages(uploads),
          uploadImagesAcked: uploadImagesAcked(uploads),
          annotate: annotate({ bus, site: config.site, pseudonyms, studies, archive: new ArchiveIndex(bus) }),
        },
      },
      log,
    });

    studies.start();
    const stop = new AbortController();
    // One listener for each image under way is the normal case, not a leak.
    setMaxListeners(0, stop.signal);
    const receiver = await startReceiver({ ingestor, config, log }).catch(async (error: unknown) => {
      await Promise.all([server.stop(), studies.close(), ingestor.close()]);
      throw error;
    });
    const watching =
      watchDir === undefined
        ? undefined
        : watchFolder({
            folder: watchDir,
            ingestor,
            maxFileBytes,
            log,
            dataDir: config.dataDir,
            signal: stop.signal,
            readsOutside: config.readsOutside,
            onWatching: (by) => ready(by),
          });
    /** With a watched folder: once what arrives there is noticed. */
    const ready = (watchedBy?: string): void => {
      const from = watchDir === undefined ? '' : ` and from ${watchDir} (by ${watchedBy})`;
      events.state('ready', `Takes images in at ${server.address}${from}`);
      log.info({ address: server.address, watching: watchDir, watchedBy, dicomPort: receiver?.port }, 'ready');
    };
    server.setServing('Ingest', true);
    if (watching === undefined) ready();
    else events.state('starting', `Takes images in at ${server.address}; looks through ${watchDir}`);
    const warning = warningOfSplits(config.splitBy);
    if (warning !== undefined) log.warn(warning);
    return new IngestService({ server, events, studies, stop, watching, ingestor, receiver });
  }

  /** `host:port` that the gRPC server listens on. */
  get address(): string {
    return this.#parts.server.address;
  }

  /** Port that DICOM is received on; undefined where it is not. */
  get dicomPort(): number | undefined {
    return this.#parts.receiver?.port;
  }

  /** Finishes the uploads that are under way, then everything else. */
  async stop(graceMs?: number): Promise<void> {
    const { server, events, studies, stop, watching, ingestor, receiver } = this.#parts;
    if (stop.signal.aborted) return;
    events.state('stopping', 'Finishing what is under way');
    await Promise.all([server.stop(graceMs), receiver?.stop(graceMs)]);
    stop.abort();
    await Promise.allSettled([watching, studies.close()]);
    await ingestor.close();
    await events.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
