import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '#libs/bus';
import { Registry, type ModelCard } from '#libs/registry';
import { startServer, type RpcServer } from '#libs/rpc';
import { packageVersion } from '#libs/service';
import type { Logger } from '#libs/telemetry';
import { Admission } from './serving/admission.js';
import type { PredictorConfig } from './config.js';
import { PredictorEvents } from './events.js';
import { predictHandler } from './protocols/sulcus-v1/predict.js';
import { predictStreamHandler } from './protocols/sulcus-v1/predict-stream.js';
import { predictStoredStudyHandler, predictStudyHandler } from './protocols/sulcus-v1/predict-study.js';
import { inferenceHandlers } from './protocols/open-inference/handlers.js';
import { ModelDirectory } from './servables/model-resolver.js';
import { ModelHost } from './servables/servable.js';
import { ModelSlot } from './servables/alias-manager.js';
import { VersionCache } from './servables/version-cache.js';
import type { PredictionContext } from './serving/prediction.js';
import { PreparePool } from './prepare/pool.js';
import { openRecords, type Records } from './recording/open-records.js';
import type { RecordCounts } from './recording/recorder.js';
import { ShadowEvents } from './shadow/events.js';
import { Shadow } from './shadow/shadow.js';
import { ServingStatistics } from './serving/statistics.js';
import { Studies } from './studies/studies.js';

/** What the predictor is built from. */
export interface PredictorDependencies {
  config: PredictorConfig;
  bus: Bus;
  log: Logger;
  /** Unique per process. */
  instance: string;
}

const REPORT_EVERY_MS = 1000;
const ALIAS_POLL_MS = 10_000;
/** Requests wait this long for an engine that died to be replaced. */
const RECOVERY_WAIT_MS = 10_000;
/** Requests on a replaced version, or running at a stop, have this long to finish. */
const DRAIN_MS = 10_000;
/** Share of the admitted requests that may want explanations: a flood of these leaves room for plain ones. */
const EXPLAINED_SHARE = 1 / 8;
const LOAD_TIMEOUT_MS = 180_000;

interface ServiceParts {
  server: RpcServer;
  slot: ModelSlot;
  versions: VersionCache;
  shadow: Shadow | undefined;
  pool: PreparePool;
  events: PredictorEvents;
  records: Records;
  studies: Studies;
}

/** The predictor: a gRPC server in front of the slot that follows the registry. NOT_SERVING until a version is warm. */
export class PredictorService implements AsyncDisposable {
  readonly #stopFollowing = new AbortController();
  readonly #server: RpcServer;
  readonly #slot: ModelSlot;
  readonly #versions: VersionCache;
  readonly #shadow: Shadow | undefined;
  readonly #pool: PreparePool;
  readonly #events: PredictorEvents;
  readonly #records: Records;
  readonly #studies: Studies;
  readonly #background: Promise<unknown>;
  #stopped: Promise<void> | undefined;

  private constructor(parts: ServiceParts) {
    this.#server = parts.server;
    this.#slot = parts.slot;
    this.#versions = parts.versions;
    this.#shadow = parts.shadow;
    this.#pool = parts.pool;
    this.#events = parts.events;
    this.#records = parts.records;
    this.#studies = parts.studies;
    const { signal } = this.#stopFollowing;
    this.#background = Promise.all([
      this.#slot.run(signal),
      this.#shadow?.run(signal),
      this.#reportRegularly(),
      this.#records.watch(signal),
    ]);
  }

  /**
   * Starts serving; the first model may come much later.
   *
   * @throws PORT_IN_USE; INVALID_CONFIG for an address that cannot be bound
   */
  static async start({ config, bus, log, instance }: PredictorDependencies): Promise<PredictorService> {
    const registry = new Registry(bus);
    const events = new PredictorEvents(bus, instance, log);
    const pool = new PreparePool({ threads: config.prepareThreads });
    const admission = new Admission({
      maxRequests: config.maxRequests,
      maxBytes: config.maxQueueBytes,
      maxExplained: Math.ceil(config.maxRequests * EXPLAINED_SHARE),
    });
    const statistics = new ServingStatistics();
    const onBatch = statistics.ran.bind(statistics);
    const hostOptions = { pool, loadTimeoutMs: LOAD_TIMEOUT_MS, onBatch, ...config };

    const loadHost = (card: ModelCard, signal: AbortSignal): Promise<ModelHost> =>
      ModelHost.load(card, { ...hostOptions, besideLive: slot.serving !== undefined }, signal);

    const slotOptions = { registry, log, pollMs: ALIAS_POLL_MS, recoveryWaitMs: RECOVERY_WAIT_MS, drainMs: DRAIN_MS };
    const slot: ModelSlot = new ModelSlot({
      ...slotOptions,
      alias: config.alias,
      load: loadHost,
      observer: {
        swapped: (host, previousVersion) => {
          events.swapped(host, previousVersion);
          shadow?.reconsider();
        },
        failed: (version, error, retrying) => events.failed(version, error, retrying),
        serving: (isServing) => {
          for (const service of ['Predictor', 'Inference'] as const) server.setServing(service, isServing);
        },
      },
    });
    const records = openRecords(config, { bus, log, instance, events });
    const versions = new VersionCache({
      load: loadHost,
      maxVersions: config.maxLoadedVersions,
      idleMs: config.versionIdleMs,
      drainMs: DRAIN_MS,
      log,
    });
    const shadow = config.shadowAlias === undefined ? undefined : startShadow(config.shadowAlias);
    const context: PredictionContext = { slot, pool, events, statistics, recorder: records.recorder, shadow };
    const directory = new ModelDirectory({
      slot,
      registry,
      versions,
      alias: config.alias,
      modelName: config.modelName,
    });
    const studies = new Studies({ context: { ...context, admission }, config, bus, log });
    const server = await startServer({
      address: config.address,
      addressVariable: 'SULCUS_PREDICTOR_ADDRESS',
      services: {
        Predictor: {
          predict: predictHandler(context, admission),
          predictStream: predictStreamHandler(context, admission, 2 * config.maxBatchSize),
          predictStudy: predictStudyHandler(studies),
          predictStoredStudy: predictStoredStudyHandler(studies),
        },
        Inference: inferenceHandlers({
          ...context,
          directory,
          versions,
          registry,
          admission,
          config,
          serverVersion: packageVersion(),
        }),
      },
      limits: { maxMessageBytes: config.maxMessageBytes },
      log,
    }).catch(async (error: unknown) => {
      await studies.close();
      await pool.close();
      throw error;
    });
    events.state('starting', `Listening on ${server.address}; waiting for alias "${config.alias}"`);
    log.info({ address: server.address, alias: config.alias }, 'listening');
    return new PredictorService({ server, slot, versions, shadow, pool, events, records, studies });

    function startShadow(alias: string): Shadow {
      const observer = new ShadowEvents(bus, instance, log);
      const load = (card: ModelCard, signal: AbortSignal): Promise<ModelHost> =>
        ModelHost.load(card, { ...hostOptions, background: true, onBatch: undefined }, signal);
      const isRedundant = (version: string): boolean => version === slot.serving?.card.version;
      return new Shadow({
        slot: new ModelSlot({ ...slotOptions, alias, load, observer, isRedundant }),
        pool,
        events: observer,
        share: config.shadowShare,
      });
    }
  }

  /** `host:port` as clients on this machine reach it. */
  get address(): string {
    return this.#server.address;
  }

  /** The version that answers new requests, if any, and the process that holds it. */
  get serving(): { card: ModelCard; enginePid: number | undefined } | undefined {
    const host = this.#slot.serving;
    return host && { card: host.card, enginePid: host.enginePid };
  }

  /** The version on trial that a share of the traffic is compared with, if any. */
  get shadowing(): { card: ModelCard; enginePid: number | undefined } | undefined {
    const host = this.#shadow?.host;
    return host && { card: host.card, enginePid: host.enginePid };
  }

  /** What became of the records of predictions. */
  get records(): Readonly<RecordCounts> {
    return this.#records.recorder.counts;
  }

  /** NOT_SERVING first, then running requests finish, then the engines end, and records are written to the end. */
  stop(): Promise<void> {
    this.#stopped ??= (async () => {
      this.#events.state('stopping', 'Finishing the running requests');
      this.#stopFollowing.abort();
      await this.#server.stop(DRAIN_MS);
      await this.#studies.close();
      await this.#background;
      await Promise.all([this.#slot.close(), this.#versions.close(), this.#shadow?.close()]);
      await this.#pool.close();
      await this.#records.recorder.close();
      await this.#report();
    })();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #reportRegularly(): Promise<void> {
    const { signal } = this.#stopFollowing;
    while (!signal.aborted) {
      await sleep(REPORT_EVERY_MS, undefined, { signal }).catch(() => undefined);
      await this.#report();
    }
  }

  async #report(): Promise<void> {
    await Promise.all([this.#events.report(this.#records.recorder.counts), this.#shadow?.report()]);
  }
}
