import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { busEnvironment, connectBus, keyFile, type Bus, type StreamName } from '#libs/bus';
import { parseEnvironment } from '#libs/config';
import { environment as ingestEnvironment } from '#services/ingest';
import { checkRecipe, checkRun, readConfig as readTrainerConfig } from '#services/trainer';
import { brokerEnvironment, type UpOptions } from '../options.js';
import { brokerReady, createBroker } from '../processes/broker.js';
import { failureOf } from '../processes/failure.js';
import type { SupervisedProcess } from '../processes/supervised-process.js';
import type { StateFolder } from '../state-folder.js';
import { BrokerWatch } from './broker-watch.js';
import { choosePorts, type Ports, type SitePorts } from './choose-ports.js';
import { endOfStreams } from './end-of-streams.js';
import { identityOf } from './identity-of.js';
import { brokerKeys, credentialsOf, userOf } from '../../shared/broker-keys.js';
import { tellKeys } from './known-broker.js';
import { signingKeys } from './signing-keys.js';
import { siteEnvironment } from './site-environment.js';
import { serviceEnvironment } from './service-environment.js';
import { createServices, type ServicePlan } from './services.js';
import { freeBytes, limitsFor } from './storage.js';
import { UnusedPlacesWatch } from './unused-places-watch.js';

/** Time that services have to finish what they hold: the trainer stores a last checkpoint. */
const STOP_GRACE_MS = 20_000;
const BROKER_GRACE_MS = 10_000;

/**
 * With `--once` a service that cannot start ends the run, whatever keeps it; otherwise what time may cure is tried for
 * ever, and shown.
 */
const MAX_RAPID_FAILURES_ONCE = 6;

/** The broker and the services of this machine, running. */
export class Pipeline {
  readonly bus: Bus;
  readonly natsUrl: string;
  readonly ingestAddress: string;
  readonly predictorAddress: string;
  /** Doors of the hospital's edge, where one is played. */
  readonly sitePorts: SitePorts | undefined;
  /** In the order they are shown and started. */
  readonly processes: readonly SupervisedProcess[];
  /** What every command of this pipeline is started with. */
  readonly plan: ServicePlan;
  /** Aborts with the reason when a process is given up. */
  readonly failed: AbortSignal;
  /** Sequence of the last message of each stream from before the services started. */
  readonly streamEnds: Readonly<Record<StreamName, number>>;
  /** Looks after the broker; undefined for a foreign one whose monitoring is not known. */
  readonly brokerWatch: BrokerWatch | undefined;
  readonly #broker: SupervisedProcess | undefined;
  readonly #services: readonly SupervisedProcess[];
  readonly #forgetKeys: () => void;

  private constructor(parts: {
    bus: Bus;
    natsUrl: string;
    ports: Ports;
    plan: ServicePlan;
    broker: SupervisedProcess | undefined;
    services: SupervisedProcess[];
    failed: AbortSignal;
    streamEnds: Readonly<Record<StreamName, number>>;
    brokerWatch: BrokerWatch | undefined;
    forgetKeys: () => void;
  }) {
    this.bus = parts.bus;
    this.natsUrl = parts.natsUrl;
    this.ingestAddress = `127.0.0.1:${parts.ports.ingest}`;
    this.predictorAddress = `127.0.0.1:${parts.ports.predictor}`;
    this.sitePorts = parts.ports.site;
    this.plan = parts.plan;
    this.#broker = parts.broker;
    this.#services = parts.services;
    this.processes = [...(parts.broker ? [parts.broker] : []), ...parts.services];
    this.failed = parts.failed;
    this.streamEnds = parts.streamEnds;
    this.brokerWatch = parts.brokerWatch;
    this.#forgetKeys = parts.forgetKeys;
  }

  /**
   * Starts a broker (unless SULCUS_NATS_URL names one) and the services.
   *
   * @throws INVALID_CONFIG when the recipe cannot be used or the run was begun with other settings; ENGINE_UNAVAILABLE
   * when a device that is named is not there; PORT_IN_USE, BUS_UNAVAILABLE,
   * UNSUPPORTED_VERSION, STORAGE_FULL, FILE_UNREADABLE without a nats-server
   */
  static async start(
    options: UpOptions,
    folder: StateFolder,
    classes: readonly string[],
    signal: AbortSignal,
  ): Promise<Pipeline> {
    const ports = await choosePorts(options);
    const natsUrl = options.nats ?? `nats://127.0.0.1:${ports.nats}`;
    const surroundings = {
      natsUrl,
      monitorUrl: options.nats === undefined ? `http://127.0.0.1:${ports.monitor}` : undefined,
      ports,
      classes,
      traceFolder: folder.traces,
      archiveFolder: folder.archive,
      startWeightsFile: path.join(folder.startWeights, `${options.run}.safetensors`),
    };
    // Before there are a broker and keys: nothing is made for what is refused.
    const trainer = readTrainerConfig(serviceEnvironment(options, { ...surroundings, stateId: '', keys: {} }));
    await checkRecipe(trainer);
    // Streams that exist keep their size.
    const isNew = options.nats === undefined && !existsSync(folder.nats);
    const limits = isNew ? limitsFor(freeBytes(folder.root)) : {};
    const keys = options.nats === undefined ? signingKeys(folder.root, isNew) : {};
    const users =
      options.nats === undefined && hasAccounts()
        ? brokerKeys(path.join(folder.root, 'keys', 'broker'), [site()])
        : undefined;
    const broker = options.nats === undefined ? await brokerIn(folder, ports, users?.accounts) : undefined;
    const forgetKeys = users ? tellKeys(ports.nats, users.folder) : () => undefined;
    const operator = users && { name: 'operator', keyFile: path.join(users.folder, keyFile('operator')) };
    const failure = new AbortController();
    const fail = (process: SupervisedProcess) => (reason: string) =>
      failure.abort(failureOf(process.name, process.spec.logFile, reason));
    broker?.once('gaveUp', fail(broker)).start();
    let bus: Bus | undefined;
    try {
      if (broker) await brokerReady(broker, ports.nats, signal);
      bus = await connectBus({ servers: natsUrl, name: 'launcher', signal, user: operator });
      bus.onEnd((error) => failure.abort(error));
      await bus.ensureTopology(limits);
      const streamEnds = await endOfStreams(bus);
      const stateId = await identityOf(bus, folder, { isOwn: broker !== undefined, streamEnds });
      folder.adopt(stateId);
      mkdirSync(folder.traces, { recursive: true });
      const ofSite = ports.site && siteEnvironment(folder.site, ports, ports.site);
      const plan: ServicePlan = {
        environment: serviceEnvironment(options, { ...surroundings, stateId, keys }),
        logFolder: folder.logs,
        own: (name) => ({
          ...(users ? credentialsOf(users.folder, userOf(name, site())) : {}),
          ...ofSite?.(name),
        }),
        ...(options.once ? { maxRapidFailures: MAX_RAPID_FAILURES_ONCE } : {}),
      };
      await checkRun(bus, trainer);
      // What a broker that others use holds does not go to a folder of this run, which may be emptied with it.
      const archiver = options.nats === undefined || Boolean(process.env['SULCUS_ARCHIVE']);
      const services = createServices(plan, { archiver, edge: ofSite !== undefined });
      // What a run to the end learns first must not depend on how fast its images came in: `startTraining`.
      const waits = (service: SupervisedProcess): boolean => options.once && service.name === 'trainer';
      for (const service of services) service.once('gaveUp', fail(service));
      for (const service of services) if (!waits(service)) service.start();
      const brokerWatch = watchOf(bus, broker, folder, ports);
      return new Pipeline({
        bus,
        natsUrl,
        ports,
        plan,
        broker,
        services,
        failed: failure.signal,
        streamEnds,
        brokerWatch,
        forgetKeys,
      });
    } catch (error) {
      await bus?.drain().catch(() => undefined);
      await broker?.stop(BROKER_GRACE_MS);
      forgetKeys();
      throw failure.signal.aborted ? failure.signal.reason : error;
    }
  }

  /** Starts a trainer that waits for all images: that of a run to the end. */
  startTraining(): void {
    const trainer = this.#services.find(({ name }) => name === 'trainer');
    if (trainer?.state === 'waiting' && trainer.pid === undefined) trainer.start();
  }

  /** Ends everything in order: the services while the broker can still take what they hold, then the broker. */
  async stop(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.stop(STOP_GRACE_MS)));
    await this.bus.drain().catch(() => undefined);
    await this.#broker?.stop(BROKER_GRACE_MS);
    this.#forgetKeys();
  }
}

/** A foreign broker is looked at where SULCUS_NATS_MONITOR_URL says. */
function watchOf(
  bus: Bus,
  broker: SupervisedProcess | undefined,
  folder: StateFolder,
  ports: Ports,
): BrokerWatch | undefined {
  const monitorUrl = broker ? `http://127.0.0.1:${ports.monitor}` : parseEnvironment(busEnvironment).monitorUrl;
  if (monitorUrl === undefined) return undefined;
  const own = broker && { process: broker, folder: folder.nats };
  return new BrokerWatch({ monitorUrl, places: new UnusedPlacesWatch(bus, monitorUrl), ...(own && { own }) });
}

const brokerIn = (
  folder: StateFolder,
  { nats: port, monitor: monitorPort }: Ports,
  accounts: string | undefined,
): Promise<SupervisedProcess> =>
  createBroker({ folder: folder.nats, logFile: path.join(folder.logs, 'nats.log'), port, monitorPort, accounts });

const hasAccounts = (): boolean => parseEnvironment(brokerEnvironment).accounts;

/** The site whose images the pipeline of this machine takes in. */
const site = (): string => parseEnvironment({ site: ingestEnvironment.site }).site;
