import type { Bus } from '#libs/bus';
import { startServer, type RpcServer } from '#libs/rpc';
import { StudyIndex } from '#libs/studies';
import type { Logger } from '#libs/telemetry';
import type { ServerConfig } from './config.js';
import { IngestEvents } from './events.js';
import { requireWatchFolder, watchFolder } from './sources/folder/watch-folder.js';
import { annotate } from './sources/grpc/annotate.js';
import { uploadImages } from './sources/grpc/upload-images.js';
import { uploadImagesAcked } from './sources/grpc/upload-images-acked.js';
import { Ingestor } from './pipeline/ingestor.js';
import { loadPseudonymKey } from './pipeline/pseudonym-key.js';
import { Pseudonyms } from './pipeline/pseudonyms.js';

export interface IngestServiceContext {
  readonly bus: Bus;
  readonly config: ServerConfig;
  readonly log: Logger;
  readonly instance: string;
}

/** The doors of a site: gRPC and, when asked for, a watched folder. */
export class IngestService implements AsyncDisposable {
  readonly #server: RpcServer;
  readonly #events: IngestEvents;
  readonly #studies: StudyIndex;
  readonly #stop = new AbortController();
  readonly #background: Promise<unknown>[] = [];

  private constructor(server: RpcServer, events: IngestEvents, studies: StudyIndex) {
    this.#server = server;
    this.#events = events;
    this.#studies = studies;
  }

  /** @throws PORT_IN_USE, INVALID_CONFIG */
  static async start({ bus, config, log, instance }: IngestServiceContext): Promise<IngestService> {
    if (config.watchDir !== undefined) await requireWatchFolder(config.watchDir);
    const events = new IngestEvents(bus, instance, log);
    const pseudonyms = new Pseudonyms(config.site, await loadPseudonymKey(config.pseudonymKey, config.dataDir, log));
    const ingestor = new Ingestor({ bus, config, pseudonyms, events });
    const studies = new StudyIndex(bus, log, { keepSlices: false });
    studies.start();
    const server = await startServer({
      address: config.address,
      addressVariable: 'SULCUS_INGEST_ADDRESS',
      limits: { maxMessageBytes: config.maxMessageBytes },
      services: {
        Ingest: {
          uploadImages: uploadImages(ingestor),
          uploadImagesAcked: uploadImagesAcked(ingestor),
          annotate: annotate({ bus, site: config.site, pseudonyms, studies }),
        },
      },
      log,
    });

    const service = new IngestService(server, events, studies);
    const { signal } = service.#stop;
    if (config.watchDir !== undefined) {
      service.#background.push(
        watchFolder({ folder: config.watchDir, ingestor, maxFileBytes: config.maxFileBytes, log, signal }),
      );
    }
    server.setServing('Ingest', true);
    events.state(
      'ready',
      `Takes images in at ${server.address}${config.watchDir === undefined ? '' : ` and from ${config.watchDir}`}`,
    );
    log.info({ address: server.address, watching: config.watchDir }, 'ready');
    return service;
  }

  /** `host:port` that the gRPC server listens on. */
  get address(): string {
    return this.#server.address;
  }

  /** Finishes the uploads that are under way, then everything else. */
  async stop(graceMs?: number): Promise<void> {
    if (this.#stop.signal.aborted) return;
    this.#events.state('stopping', 'Finishing what is under way');
    await this.#server.stop(graceMs);
    this.#stop.abort();
    await Promise.allSettled([...this.#background, this.#studies.close()]);
    await this.#events.finish();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }
}
