import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { connectBus, type Bus } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import type { UpOptions } from './options.js';
import { brokerReady, createBroker } from './processes/broker.js';
import { failureOf } from './processes/failure.js';
import { createServices, type ServicePlan } from './processes/pipeline-processes.js';
import { choosePort } from './processes/ports.js';
import type { SupervisedProcess } from './processes/supervised-process.js';
import type { StateFolder } from './state-folder.js';
import { freeBytes, limitsFor } from './storage.js';

/** Time that services have to finish what they hold: the trainer stores a last checkpoint. */
const STOP_GRACE_MS = 20_000;
const BROKER_GRACE_MS = 10_000;

/** With `--once` a service that cannot start ends the run; otherwise it is tried for ever, and shown. */
const MAX_RAPID_FAILURES_ONCE = 6;

/** The broker and the services of this machine, running. */
export class Pipeline {
  readonly bus: Bus;
  readonly natsUrl: string;
  readonly ingestAddress: string;
  readonly predictorAddress: string;
  /** In the order they are shown and started. */
  readonly processes: readonly SupervisedProcess[];
  /** What every command of this pipeline is started with. */
  readonly plan: ServicePlan;
  /** Aborts with the reason when a process is given up. */
  readonly failed: AbortSignal;
  readonly #broker: SupervisedProcess | undefined;
  readonly #services: readonly SupervisedProcess[];

  private constructor(parts: {
    bus: Bus;
    natsUrl: string;
    ports: Ports;
    plan: ServicePlan;
    broker: SupervisedProcess | undefined;
    services: SupervisedProcess[];
    failed: AbortSignal;
  }) {
    this.bus = parts.bus;
    this.natsUrl = parts.natsUrl;
    this.ingestAddress = `127.0.0.1:${parts.ports.ingest}`;
    this.predictorAddress = `127.0.0.1:${parts.ports.predictor}`;
    this.plan = parts.plan;
    this.#broker = parts.broker;
    this.#services = parts.services;
    this.processes = [...(parts.broker ? [parts.broker] : []), ...parts.services];
    this.failed = parts.failed;
  }

  /**
   * Starts a broker (unless SULCUS_NATS_URL names one) and the services.
   *
   * @throws PORT_IN_USE, BUS_UNAVAILABLE, UNSUPPORTED_VERSION, STORAGE_FULL, FILE_UNREADABLE when there is no nats-server
   */
  static async start(
    options: UpOptions,
    folder: StateFolder,
    classes: readonly string[],
    signal: AbortSignal,
  ): Promise<Pipeline> {
    const ports = await choosePorts(options);
    // Streams that exist keep their size.
    const limits = options.nats === undefined && !existsSync(folder.nats) ? limitsFor(freeBytes(folder.root)) : {};
    const broker =
      options.nats === undefined
        ? await createBroker({
            folder: folder.nats,
            logFile: path.join(folder.logs, 'nats.log'),
            port: ports.nats,
            monitorPort: ports.monitor,
          })
        : undefined;
    const natsUrl = options.nats ?? `nats://127.0.0.1:${ports.nats}`;
    const failure = new AbortController();
    const fail = (process: SupervisedProcess) => (reason: string) =>
      failure.abort(failureOf(process.name, process.spec.logFile, reason));
    broker?.once('gaveUp', fail(broker)).start();
    try {
      if (broker) await brokerReady(broker, ports.nats, signal);
      const bus = await connectBus({ servers: natsUrl, name: 'console', signal });
      await bus.ensureTopology(limits);
      mkdirSync(folder.traces, { recursive: true });
      const plan: ServicePlan = {
        environment: serviceEnvironment(options, { natsUrl, ports, classes, traceFolder: folder.traces }),
        logFolder: folder.logs,
        ...(options.once ? { maxRapidFailures: MAX_RAPID_FAILURES_ONCE } : {}),
      };
      const services = createServices(plan);
      for (const service of services) service.once('gaveUp', fail(service)).start();
      return new Pipeline({ bus, natsUrl, ports, plan, broker, services, failed: failure.signal });
    } catch (error) {
      await broker?.stop(BROKER_GRACE_MS);
      throw failure.signal.aborted ? failure.signal.reason : error;
    }
  }

  /** Ends everything in order: the services while the broker can still take their last words, then the broker. */
  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop(STOP_GRACE_MS)));
    await this.bus.drain().catch(() => undefined);
    await this.#broker?.stop(BROKER_GRACE_MS);
  }
}

interface Ports {
  nats: number;
  monitor: number;
  ingest: number;
  predictor: number;
}

/** @throws PORT_IN_USE naming every explicitly wanted port that is taken */
async function choosePorts(options: UpOptions): Promise<Ports> {
  const choose = (port: number | undefined, defaultPort: number, purpose: string, option: string): Promise<number> =>
    choosePort({ port: port ?? defaultPort, explicit: port !== undefined, purpose, option });
  const results = await Promise.allSettled([
    choose(options.portNats, 4222, 'NATS', '--port-nats'),
    choose(options.portMonitor, 8222, "NATS's monitoring", '--port-monitor'),
    choose(options.portIngest, 7001, 'ingest', '--port-ingest'),
    choose(options.portPredictor, 7002, 'the predictor', '--port-predictor'),
  ]);
  const failures = results.flatMap((result) => (result.status === 'rejected' ? [SulcusError.from(result.reason)] : []));
  if (failures.length > 0) {
    const mistakes = failures.map(({ rawMessage }) => rawMessage);
    throw new SulcusError(failures[0]!.code, mistakes.join('\n'), { details: { mistakes } });
  }
  const [nats, monitor, ingest, predictor] = results.map(
    (result) => (result as PromiseFulfilledResult<number>).value,
  ) as [number, number, number, number];
  return { nats, monitor, ingest, predictor };
}

interface Surroundings {
  natsUrl: string;
  ports: Ports;
  classes: readonly string[];
  traceFolder: string;
}

/** What the services are told; everything else comes from the environment of the launcher. */
function serviceEnvironment(
  { run, recipe, epochs, seed, once }: UpOptions,
  { natsUrl, ports, classes, traceFolder }: Surroundings,
): NodeJS.ProcessEnv {
  return {
    SULCUS_TRACE_FILE: path.join(traceFolder, '%s-%p.jsonl'),
    // Here everything stays on this machine: what is predicted can be replayed without looking for its image.
    SULCUS_RECORD_INPUTS: 'true',
    ...process.env,
    SULCUS_NATS_URL: natsUrl,
    SULCUS_RUN: run,
    SULCUS_RECIPE: recipe,
    SULCUS_SEED: String(seed),
    SULCUS_CLASSES: classes.join(','),
    SULCUS_INGEST_ADDRESS: `127.0.0.1:${ports.ingest}`,
    SULCUS_PREDICTOR_ADDRESS: `127.0.0.1:${ports.predictor}`,
    // A run to the end has nobody to promote by hand.
    ...(once ? { SULCUS_PROMOTION: 'auto' } : {}),
    ...(epochs === undefined ? {} : { SULCUS_EPOCHS: String(epochs) }),
  };
}
