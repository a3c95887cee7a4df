import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus, type Bus } from '#libs/bus';
import { SupervisedProcess } from '#services/cli';
import { BrokerProxy } from '../observe/broker-proxy.js';
import { ConnectionProxy } from '../observe/connection-proxy.js';
import type { Images } from './images.js';
import { CLI, environmentOf, lastLine, launch, openProxy, type LauncherPlan } from './launcher.js';
import type { LoopDisk } from './loop-disk.js';
import { Probe } from './probe.js';
import { findProcesses, PARTS, sendSignal, type Part } from './process-table.js';
import { Progress } from './progress.js';
import { laboratoryRecipe } from './recipe.js';
import { clusterBroker, freePorts, launchersBroker } from './tested-broker.js';

export interface StandOptions {
  /** Fresh folder of the round. */
  folder: string;
  images: Images;
  epochs: number;
  /** Where the state lies, if it is on a disk of its own. */
  disk?: LoopDisk | undefined;
  /** Servers of the broker, each of which keeps every stream; 1: the launcher's own. */
  servers: number;
}

const STOP_TIMEOUT_MS = 40_000;
const START_TIMEOUT_MS = 60_000;

/** Whose connections to the predictor pass a proxy. */
export const PREDICTION_CLIENT = 'prediction client';

/** A user whose start is refused, for a port or a process that is still ending, tries again. */
const RETRY_START_MS = 500;

/** The pipeline of a round: a real launcher and what it starts, a second preprocess worker, and the eyes on them. */
export class Stand {
  /** What happened that should not, in sentences. */
  readonly problems: string[] = [];
  /** Whether the launcher ended by itself, or did not when it was asked to. */
  hasEndedBadly = false;
  readonly probe: Probe;
  readonly progress: Progress;
  #launcher: ChildProcess | undefined;
  #isEnding = false;
  #worker: SupervisedProcess | undefined;

  private constructor(
    readonly options: StandOptions,
    private readonly plan: LauncherPlan,
    /** Straight to the broker, past the proxy. */
    readonly bus: Bus,
    readonly proxy: BrokerProxy,
    private readonly predictorProxy: ConnectionProxy,
    predictorAddress: string,
  ) {
    this.probe = new Probe(predictorAddress, options.images.probe);
    this.progress = new Progress(bus, proxy, options.epochs);
  }

  /** Starts everything and resolves when the broker answers. */
  static async start(options: StandOptions): Promise<Stand> {
    const { folder, disk, images, servers } = options;
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'recipe.json'), JSON.stringify(laboratoryRecipe(options)));
    const [ingest, predictor, front] = (await freePorts(3)) as [number, number, number];
    const broker = servers > 1 ? await clusterBroker(folder, servers) : await launchersBroker(folder);
    const stateFolder = path.join(disk?.folder ?? folder, 'state');
    const plan = { folder, stateFolder, images, broker, ports: { ingest, predictor } };
    const proxy = new BrokerProxy();
    const predictorProxy = new ConnectionProxy(PREDICTION_CLIENT);
    await predictorProxy.listen(front, predictor);
    const launcher = launch(plan);
    try {
      await openProxy(proxy, broker, launcher);
      const direct = broker.ports.map(({ server }) => `nats://127.0.0.1:${server}`).join(',');
      const bus = await connectBus({ servers: direct, name: 'laboratory' });
      const stand = new Stand(options, plan, bus, proxy, predictorProxy, `127.0.0.1:${front}`);
      stand.#adopt(launcher);
      stand.#startWorker();
      stand.probe.start();
      stand.progress.start();
      return stand;
    } catch (error) {
      launcher.kill('SIGTERM');
      proxy.close();
      predictorProxy.close();
      await broker.stop();
      throw error;
    }
  }

  get disk(): LoopDisk | undefined {
    return this.options.disk;
  }

  get stateFolder(): string {
    return this.plan.stateFolder;
  }

  get archiveFolder(): string {
    return path.join(this.stateFolder, 'archive');
  }

  /** See `clock.mjs`. */
  get clockFolder(): string {
    return path.join(this.options.folder, 'clocks');
  }

  /** As services have it: through the proxy. */
  get brokerAddress(): string {
    return this.plan.broker.ports.map(({ front }) => `nats://127.0.0.1:${front}`).join(',');
  }

  /** What stands between a client and its server: the predictor's for its client, else the broker's. */
  proxyOf(client: string): ConnectionProxy {
    return client === PREDICTION_CLIENT ? this.predictorProxy : this.proxy;
  }

  /** Processes of a part that live now; of a cluster's servers one, by turns. */
  pids(part: Part): number[] {
    const { next } = this.plan.broker;
    if (part === 'broker' && next) return next();
    return findProcesses(part, this.#launcher?.pid ?? -1, [this.#worker?.pid ?? -1]);
  }

  /** Starts the launcher again on the same state, as a user does whose launcher is gone. */
  async restartLauncher(): Promise<void> {
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    this.proxy.stopListening();
    for (;;) {
      const launcher = launch(this.plan);
      try {
        await openProxy(this.proxy, this.plan.broker, launcher);
        this.#adopt(launcher);
        return;
      } catch (error) {
        if (Date.now() > deadlineMs) throw error;
        await sleep(RETRY_START_MS);
      }
    }
  }

  /** Resolves when predictions are answered again, if any were before. */
  async predictorIsBack(): Promise<void> {
    const sinceMs = performance.now();
    const deadlineMs = sinceMs + START_TIMEOUT_MS;
    while (this.probe.hasServed && this.probe.sentMs < sinceMs && performance.now() < deadlineMs) await sleep(50);
  }

  /** Ends every process of the state at once; the launcher is to be started again. */
  async killAll(): Promise<void> {
    const pids = PARTS.filter((part) => part !== 'launcher').flatMap((part) => this.pids(part));
    await this.expectLauncherEnd((launcher) => [launcher, ...pids].forEach((pid) => sendSignal(pid, 'SIGKILL')));
  }

  /** Announces that the launcher's end is part of the fault; resolves when it is gone. */
  async expectLauncherEnd(end: (pid: number) => void): Promise<void> {
    const launcher = this.#launcher!;
    this.#isEnding = true;
    end(launcher.pid!);
    if (launcher.exitCode === null && launcher.signalCode === null) await once(launcher, 'exit');
    this.#isEnding = false;
  }

  /** Stops everything as a user does; what does not end in time is a problem, and killed. */
  async stop(): Promise<void> {
    await Promise.all([this.probe.stop(), this.progress.stop()]);
    await this.bus.drain();
    await this.#worker?.stop(STOP_TIMEOUT_MS);
    await this.#stopLauncher();
    this.proxy.close();
    this.predictorProxy.close();
    await this.plan.broker.stop();
  }

  async #stopLauncher(): Promise<void> {
    const launcher = this.#launcher!;
    const others = PARTS.filter((part) => part !== 'launcher' && part !== 'broker');
    const family = others.flatMap((part) => this.pids(part));
    if (launcher.exitCode === null && launcher.signalCode === null) {
      this.#isEnding = true;
      const gone = once(launcher, 'exit').then(() => true);
      launcher.kill('SIGTERM');
      const ended = await Promise.race([gone, sleep(STOP_TIMEOUT_MS, false, { ref: false })]);
      if (!ended) {
        this.hasEndedBadly = true;
        this.problems.push(`the launcher had not stopped after ${STOP_TIMEOUT_MS / 1000} s`);
        launcher.kill('SIGKILL');
      }
    }
    for (const pid of family) sendSignal(pid, 'SIGKILL');
  }

  #adopt(launcher: ChildProcess): void {
    this.#launcher = launcher;
    launcher.once('exit', (code, signal) => {
      if (this.#isEnding || this.#launcher !== launcher) return;
      this.hasEndedBadly = true;
      this.problems.push(`the launcher ended by itself (${signal ?? `code ${code}`}): ${lastLine(this.plan)}`);
    });
  }

  #startWorker(): void {
    this.#worker = new SupervisedProcess({
      name: 'preprocess',
      command: process.execPath,
      args: [CLI, 'preprocess'],
      environment: { ...environmentOf(this.plan), SULCUS_NATS_URL: this.brokerAddress },
      logFile: path.join(this.options.folder, 'second-preprocess.log'),
      orphanGuard: 'ipc',
    });
    this.#worker.start();
  }
}
