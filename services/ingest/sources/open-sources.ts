import { setMaxListeners } from 'node:events';
import type { StoreScp } from '#libs/dimse';
import type { HttpServer } from '#libs/http';
import { startServer, type Handlers, type RpcServer } from '#libs/rpc';
import type { Logger } from '#libs/telemetry';
import type { SourcesConfig } from '../config.js';
import type { Ingestor } from '../pipeline/ingestor.js';
import { startReceiver } from './dicom/receive.js';
import { requireWatchFolder, watchFolder } from './folder/watch-folder.js';
import { describeIngest } from './grpc/describe-ingest.js';
import { uploadImages } from './grpc/upload-images.js';
import { uploadImagesAcked } from './grpc/upload-images-acked.js';
import { UploadRoom } from './grpc/upload-room.js';
import type { LabelStudy } from './http/diagnostic-report.js';
import { startHttp } from './http/start-http.js';
import { pull } from './pull/pull.js';
import { requireDestination } from './pull/destination.js';
import { readPullRules, type PullRules } from './pull/rules.js';

export interface SourcesContext {
  readonly ingestor: Ingestor;
  readonly config: SourcesConfig;
  readonly log: Logger;
  /** Calls beside the uploads; one that has no handler is answered with UNIMPLEMENTED. */
  readonly handlers: (room: UploadRoom) => Partial<Handlers<'Ingest'>>;
  /** Bound of the images of all uploads together. Default: that of docs/limits.md. */
  readonly uploadBytes?: number;
  /** Where labels of reports go. */
  readonly label: LabelStudy;
}

interface Parts {
  room: UploadRoom;
  rules: PullRules | undefined;
  server: RpcServer;
  receiver?: StoreScp | undefined;
  http?: HttpServer | undefined;
}

/** The sources of a site that stay open: gRPC and, when asked for, DICOM, HTTP, a watched folder, archives. */
export class OpenSources {
  readonly #server: RpcServer;
  readonly #receiver: StoreScp | undefined;
  readonly #http: HttpServer | undefined;
  readonly #stop = new AbortController();
  readonly #stopPulling = new AbortController();
  /** By what the folder is watched; undefined where none is, or the end came before. */
  readonly watching: Promise<'events' | 'polling' | undefined>;
  readonly #watched: Promise<void>;
  readonly #pulling: Promise<void>;

  private constructor({ ingestor, config, log }: SourcesContext, { server, receiver, http, room, rules }: Parts) {
    this.#server = server;
    this.#receiver = receiver;
    this.#http = http;
    // One listener for each image under way is the normal case, not a leak.
    setMaxListeners(0, this.#stop.signal, this.#stopPulling.signal);
    const { watchDir, maxFileBytes, dataDir, readsOutside } = config;
    let onWatching: (by?: 'events' | 'polling') => void = () => undefined;
    this.watching = new Promise((resolve) => (onWatching = resolve));
    this.#watched =
      watchDir === undefined
        ? Promise.resolve()
        : watchFolder({
            ...{ folder: watchDir, ingestor, maxFileBytes, log, dataDir, readsOutside, onWatching },
            signal: this.#stop.signal,
          });
    this.#watched.catch(() => undefined).finally(() => onWatching());
    this.#pulling = rules ? pull(rules, { ingestor, room, config, log }, this.#stopPulling.signal) : Promise.resolve();
  }

  /** @throws PORT_IN_USE, INVALID_CONFIG */
  static async start(context: SourcesContext): Promise<OpenSources> {
    const { ingestor, config, log, handlers } = context;
    if (config.watchDir !== undefined) await requireWatchFolder(config.watchDir);
    const rules = config.pullRules === undefined ? undefined : readPullRules(config.pullRules);
    if (rules) requireDestination(rules, config);
    const room = new UploadRoom(context.uploadBytes);
    const uploads = { ingestor, room };
    const server = await startServer({
      address: config.address,
      addressVariable: 'SULCUS_INGEST_ADDRESS',
      limits: { maxMessageBytes: config.maxMessageBytes },
      security: config.security,
      site: config.site,
      services: {
        Ingest: {
          ...handlers(room),
          uploadImages: uploadImages(uploads),
          uploadImagesAcked: uploadImagesAcked(uploads),
          describe: describeIngest(config),
        } as Handlers<'Ingest'>,
      },
      log,
    });
    const parts: Parts = { room, rules, server };
    try {
      parts.receiver = await startReceiver({ ingestor, config, log });
      parts.http = await startHttp(context, room);
    } catch (error) {
      await Promise.all([server.stop(), parts.receiver?.stop(0)]);
      throw error;
    }
    const sources = new OpenSources(context, parts);
    server.setServing('Ingest', true);
    return sources;
  }

  /** `host:port` that the gRPC server listens on. */
  get address(): string {
    return this.#server.address;
  }

  /** Port that DICOM is received on; undefined where it is not. */
  get dicomPort(): number | undefined {
    return this.#receiver?.port;
  }

  /** What the door of DICOM has noticed; undefined where there is none. */
  get dicomState(): Pick<StoreScp, 'associations' | 'noticed'> | undefined {
    return this.#receiver && { associations: this.#receiver.associations, noticed: this.#receiver.noticed };
  }

  /** `host:port` that HTTP is received on; undefined where it is not. */
  get httpAddress(): string | undefined {
    return this.#http?.address;
  }

  /** Finishes the uploads that are under way, then everything else. */
  async stop(graceMs?: number): Promise<void> {
    // Archives send no more of what was asked for: it would come by the doors that close now.
    this.#stopPulling.abort();
    await Promise.all([this.#server.stop(graceMs), this.#receiver?.stop(graceMs), this.#http?.stop(graceMs)]);
    this.#stop.abort();
    await Promise.allSettled([this.#watched, this.#pulling]);
  }
}
