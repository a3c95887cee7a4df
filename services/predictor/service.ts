import { pause, untilAborted } from '#libs/async';
import type { Bus } from '#libs/bus';
import { ImageWorkerPool } from '#libs/imaging';
import { Registry, TrustedKeys, type ModelCard } from '#libs/registry';
import { startServer, type RpcServer } from '#libs/rpc';
import { packageVersion } from '#libs/service';
import type { Logger } from '#libs/telemetry';
import type { PredictorConfig } from './config.js';
import { PredictorEvents } from './events.js';
import { explainRole } from './protocols/explain-role.js';
import { inferenceHandlers } from './protocols/open-inference/handlers.js';
import { predictorHandlers } from './protocols/sulcus-v1/handlers.js';
import { createRecords, type Records } from './recording/create-records.js';
import type { RecordCounts } from './recording/recorder.js';
import { createModels, type Models } from './servables/create-models.js';
import type { Servable } from './servables/servable.js';
import { Admission, type AdmissionLimits } from './serving/admission.js';
import type { ServingContext } from './serving/context.js';
import { ServingStatistics } from './serving/statistics.js';
import { createShadow } from './shadow/create-shadow.js';
import type { Shadow } from './shadow/shadow.js';
import { Studies } from './studies/studies.js';

/** What the predictor is built from. */
export interface PredictorContext {
  readonly bus: Bus;
  readonly config: PredictorConfig;
  readonly log: Logger;
  /** Unique per process. */
  readonly instance: string;
}

/**
 * Answers until the signal aborts; requests under way are finished first.
 *
 * @throws PORT_IN_USE; INVALID_CONFIG for an address that cannot be bound
 */
export async function runPredictor(context: PredictorContext, signal: AbortSignal): Promise<void> {
  await using _service = await PredictorService.start(context);
  await untilAborted(signal);
}

const REPORT_EVERY_MS = 1000;
/** Requests that run at a stop have this long to finish. */
const DRAIN_MS = 10_000;
/** Share of the admitted requests that may want explanations: a flood of these leaves room for plain ones. */
const EXPLAINED_SHARE = 1 / 8;

interface ServiceParts {
  server: RpcServer;
  models: Models;
  shadow: Shadow | undefined;
  pool: ImageWorkerPool;
  events: PredictorEvents;
  records: Records;
  studies: Studies;
}

/** A version in use, and the process that holds it. */
export interface LoadedVersion {
  card: ModelCard;
  enginePid: number | undefined;
}

/** The predictor: a gRPC server in front of the versions that the registry names. NOT_SERVING until one is warm. */
export class PredictorService implements AsyncDisposable {
  readonly #parts: ServiceParts;
  readonly #background: Promise<unknown>;
  readonly #stop = new AbortController();
  #stopped: Promise<void> | undefined;

  private constructor(parts: ServiceParts) {
    this.#parts = parts;
    this.#background = this.#run(this.#stop.signal);
  }

  /**
   * Starts serving; the first model may come much later.
   *
   * @throws PORT_IN_USE; INVALID_CONFIG for an address that cannot be bound
   */
  static async start({ bus, config, log, instance }: PredictorContext): Promise<PredictorService> {
    const trustedKeys = config.trustedKeys.length === 0 ? undefined : TrustedKeys.read(config.trustedKeys);
    const registry = new Registry(bus, { trustedKeys });
    const events = new PredictorEvents(bus, instance, log);
    const statistics = new ServingStatistics();
    const pool = new ImageWorkerPool({ threads: config.prepareThreads });
    const onBatch = statistics.batchExecuted.bind(statistics);
    const models = createModels({ config, registry, pool, log, onBatch });
    const { live } = models;
    const shadow = createShadow({ config, bus, registry, pool, live, log, instance });
    const records = createRecords(config, {
      bus,
      log,
      instance,
      onDropped: (why) => events.recordDropped(why),
      onGone: (message) => events.recordsGone(message),
    });
    const admission = new Admission(admissionLimits(config), (error) => {
      events.rejected(error);
      statistics.failed(live.serving?.card.version, 0);
    });
    const { recorder } = records;
    const context: ServingContext = { admission, live, pool, events, statistics, recorder, shadow };
    const studies = new Studies({ context, config, bus, log });

    const window = 2 * config.maxBatchSize;
    const inference = { ...context, ...models, registry, config, serverVersion: packageVersion() };
    const server = await startServer({
      address: config.address,
      addressVariable: 'SULCUS_PREDICTOR_ADDRESS',
      services: {
        Predictor: predictorHandlers(context, { studies, window }),
        Inference: inferenceHandlers(inference, { window }),
      },
      limits: { maxMessageBytes: config.maxMessageBytes },
      security: config.security,
      messageRole: explainRole,
      isHeldUpBy: (stall) => !isAboutBroker(stall),
      log,
    }).catch(async (error: unknown) => {
      await studies.close();
      await pool.close();
      throw error;
    });
    events.state('starting', `Listening on ${server.address}; waiting for alias "${config.alias}"`);
    log.info({ address: server.address, alias: config.alias }, 'listening');
    return new PredictorService({ server, models, shadow, pool, events, records, studies });
  }

  /** `host:port` as clients on this machine reach it. */
  get address(): string {
    return this.#parts.server.address;
  }

  /** The version that answers new requests, if any. */
  get serving(): LoadedVersion | undefined {
    return loadedVersion(this.#parts.models.live.serving);
  }

  /** The version that a share of the traffic is mirrored to, if any. */
  get shadowing(): LoadedVersion | undefined {
    return loadedVersion(this.#parts.shadow?.servable);
  }

  /** What became of the records of predictions. */
  get records(): Readonly<RecordCounts> {
    return this.#parts.records.recorder.counts;
  }

  /** NOT_SERVING first, then running requests finish, then the engines end, and records are written to the end. */
  stop(): Promise<void> {
    const { server, models, shadow, pool, events, records, studies } = this.#parts;
    this.#stopped ??= (async () => {
      events.state('stopping', 'Finishing the running requests');
      this.#stop.abort();
      await server.stop(DRAIN_MS);
      await studies.close();
      await this.#background;
      await Promise.all([models.live.close(), models.versions.close(), shadow?.close()]);
      await pool.close();
      await records.recorder.close();
      await this.#report();
    })();
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Everything that goes on beside the requests, until `signal`. */
  async #run(signal: AbortSignal): Promise<void> {
    const { server, models, shadow, events, records } = this.#parts;
    const observer = {
      swapped: (servable: Servable, previousVersion: string | undefined) => {
        events.swapped(servable, previousVersion);
        shadow?.reconsider();
      },
      failed: events.failed.bind(events),
      serving: (isServing: boolean) => {
        for (const service of ['Predictor', 'Inference'] as const) server.setServing(service, isServing);
      },
    };
    await Promise.all([
      models.live.run(signal, observer),
      shadow?.run(signal),
      records.watch(signal),
      this.#reportRegularly(signal),
    ]);
  }

  async #reportRegularly(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(REPORT_EVERY_MS, signal);
      await this.#report();
    }
  }

  async #report(): Promise<void> {
    const { events, records, shadow } = this.#parts;
    await Promise.all([events.report(records.recorder.counts), shadow?.report()]);
  }
}

/** What is loaded answers without a broker; its records wait. */
const isAboutBroker = (stall: string): boolean => stall.includes('waiting for the broker');

const admissionLimits = ({ maxRequests, maxQueueBytes }: PredictorConfig): AdmissionLimits => ({
  maxRequests,
  maxBytes: maxQueueBytes,
  maxExplained: Math.ceil(maxRequests * EXPLAINED_SHARE),
});

const loadedVersion = (servable: Servable | undefined): LoadedVersion | undefined =>
  servable && { card: servable.card, enginePid: servable.enginePid };
