import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { connectBus, type Bus } from '#libs/bus';
import { packageRoot } from '#libs/service';
import { choosePort, SupervisedProcess } from '#services/cli';
import { BrokerProxy } from '../observe/broker-proxy.js';
import { writeBrokerProgram } from './broker-behind-proxy.js';
import type { Images } from './images.js';
import type { LoopDisk } from './loop-disk.js';
import { Probe } from './probe.js';
import { findProcesses, PARTS, sendSignal, type Part } from './process-table.js';
import { laboratoryRecipe, RUN } from './recipe.js';
import { Progress } from './progress.js';

export interface StandOptions {
  /** Fresh folder of the round. */
  folder: string;
  images: Images;
  epochs: number;
  /** For the launcher and all it starts. */
  environment?: NodeJS.ProcessEnv;
  /** Where the state lies, if it is on a disk of its own. */
  disk?: LoopDisk | undefined;
  /** `sync_interval` of the broker; default: the launcher's. */
  sync?: string;
}

const STOP_TIMEOUT_MS = 40_000;
const START_TIMEOUT_MS = 60_000;

/** A user whose start is refused, for a port or a process that is still ending, tries again. */
const RETRY_START_MS = 500;

const CLI = path.join(packageRoot(), 'dist/services/cli/main.js');
const SERVER = process.env['SULCUS_NATS_SERVER'] ?? path.join(packageRoot(), '.sulcus/bin/nats-server');

/** The pipeline of a round: a real launcher and what it starts, a second preprocess worker, and the eyes on them. */
export class Stand {
  /** What happened that should not, in sentences. */
  readonly problems: string[] = [];
  /** Whether the launcher ended by itself, or did not when it was asked to. */
  hasEndedBadly = false;
  readonly proxy: BrokerProxy;
  readonly probe: Probe;
  readonly progress: Progress;
  #launcher: ChildProcess | undefined;
  #isEnding = false;
  #worker: SupervisedProcess | undefined;

  private constructor(
    readonly options: StandOptions,
    private readonly ports: { front: number; broker: number; monitor: number; ingest: number; predictor: number },
    /** Straight to the broker, past the proxy. */
    readonly bus: Bus,
    proxy: BrokerProxy,
  ) {
    this.proxy = proxy;
    this.probe = new Probe(`127.0.0.1:${ports.predictor}`, options.images.probe);
    this.progress = new Progress(bus, proxy, options.epochs);
  }

  /** Starts everything and resolves when the broker answers. */
  static async start(options: StandOptions): Promise<Stand> {
    mkdirSync(options.folder, { recursive: true });
    const [front, broker, monitor, ingest, predictor] = await freePorts(5);
    const ports = { front: front!, broker: broker!, monitor: monitor!, ingest: ingest!, predictor: predictor! };
    writeFileSync(path.join(options.folder, 'recipe.json'), JSON.stringify(laboratoryRecipe(options)));
    const proxy = new BrokerProxy(ports.broker);
    const launcher = launch(options, ports);
    try {
      await openProxy(proxy, ports, launcher);
      const bus = await connectBus({ servers: `nats://127.0.0.1:${ports.broker}`, name: 'laboratory' });
      const stand = new Stand(options, ports, bus, proxy);
      stand.#adopt(launcher);
      stand.#startWorker();
      stand.probe.start();
      stand.progress.start();
      return stand;
    } catch (error) {
      launcher.kill('SIGTERM');
      proxy.close();
      throw error;
    }
  }

  get disk(): LoopDisk | undefined {
    return this.options.disk;
  }

  get stateFolder(): string {
    return stateFolderOf(this.options);
  }

  get archiveFolder(): string {
    return path.join(this.stateFolder, 'archive');
  }

  /** See `clock.mjs`. */
  get clockFolder(): string {
    return path.join(this.options.folder, 'clocks');
  }

  get brokerAddress(): string {
    return `nats://127.0.0.1:${this.ports.front}`;
  }

  /** Processes of a part that live now. */
  pids(part: Part): number[] {
    return findProcesses(part, this.#launcher?.pid ?? -1, [this.#worker?.pid ?? -1]);
  }

  /** Starts the launcher again on the same state, as a user does whose launcher is gone. */
  async restartLauncher(): Promise<void> {
    const deadlineMs = Date.now() + START_TIMEOUT_MS;
    this.proxy.stopListening();
    for (;;) {
      const launcher = launch(this.options, this.ports);
      try {
        await openProxy(this.proxy, this.ports, launcher);
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
  }

  async #stopLauncher(): Promise<void> {
    const launcher = this.#launcher!;
    const family = PARTS.filter((part) => part !== 'launcher').flatMap((part) => this.pids(part));
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
      this.problems.push(
        `the launcher ended by itself (${signal ?? `code ${code}`}): ${lastLine(this.options.folder)}`,
      );
    });
  }

  #startWorker(): void {
    this.#worker = new SupervisedProcess({
      name: 'preprocess',
      command: process.execPath,
      args: [CLI, 'preprocess'],
      environment: { ...environmentOf(this.options), SULCUS_NATS_URL: this.brokerAddress },
      logFile: path.join(this.options.folder, 'second-preprocess.log'),
      orphanGuard: 'ipc',
    });
    this.#worker.start();
  }
}

const stateFolderOf = ({ folder, disk }: StandOptions): string => path.join(disk?.folder ?? folder, 'state');

const environmentOf = ({ folder, environment }: StandOptions): NodeJS.ProcessEnv => ({
  ...process.env,
  NODE_OPTIONS: `--import ${pathToFileURL(path.join(import.meta.dirname, 'clock.mjs')).href}`,
  SULCUS_LABORATORY_CLOCKS: path.join(folder, 'clocks'),
  SULCUS_CHECKPOINT_INTERVAL: '500ms',
  SULCUS_VALIDATE_EVERY: '300',
  SULCUS_BATCH_REQUEST_TIMEOUT: '10s',
  SULCUS_ENGINE_THREADS: '1',
  SULCUS_ARCHIVE_UNLABELLED_AGE: '1s',
  SULCUS_KEEP_DECLINED: 'true',
  SULCUS_KEEP_VERSIONS: '1000',
  ...environment,
});

function launch(options: StandOptions, ports: { [name: string]: number }): ChildProcess {
  const { folder, images, sync } = options;
  const log = openSync(path.join(folder, 'launcher.log'), 'a');
  const program = writeBrokerProgram(folder, { server: SERVER, port: ports['broker']!, sync });
  const words = [
    'up',
    '--no-live',
    ...['--data', images.manifest, '--recipe', path.join(folder, 'recipe.json'), '--mode', 'epochs', '--seed', '3'],
    ...['--run', RUN, '--state', stateFolderOf(options)],
    ...['--port-nats', String(ports['front']), '--port-monitor', String(ports['monitor'])],
    ...['--port-ingest', String(ports['ingest']), '--port-predictor', String(ports['predictor'])],
  ];
  const child = spawn(process.execPath, ['--enable-source-maps', CLI, ...words], {
    stdio: ['ignore', log, log],
    detached: true,
    env: { ...environmentOf(options), SULCUS_NATS_SERVER: program },
  });
  closeSync(log);
  return child;
}

/** The launcher looks whether its port is free before it starts the broker: the proxy takes it behind that. */
async function openProxy(
  proxy: BrokerProxy,
  { front, broker }: { front: number; broker: number },
  launcher: ChildProcess,
): Promise<void> {
  const deadlineMs = Date.now() + START_TIMEOUT_MS;
  // One of a launcher that was killed lives a little longer than it.
  while (findProcesses('broker', launcher.pid!).length === 0 || !(await answers(broker))) {
    if (launcher.exitCode !== null) throw new Error(`the launcher does not start (code ${launcher.exitCode})`);
    if (Date.now() > deadlineMs) throw new Error('the broker does not start');
    await sleep(25);
  }
  await proxy.listen(front);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count)
    ports.add(await choosePort({ port: 0, explicit: false, purpose: 'the laboratory', option: '' }));
  return [...ports];
}

function lastLine(folder: string): string {
  const file = path.join(folder, 'launcher.log');
  return existsSync(file) ? (readFileSync(file, 'utf8').trimEnd().split('\n').at(-1) ?? '') : '';
}
