import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Writable } from 'node:stream';
import { endWithUs } from './end-with-us.js';
import { permanentErrorOf } from './failure.js';
import { SignsOfLife, SILENT_AFTER_MS } from './signs-of-life.js';

export interface ProcessSpec {
  name: string;
  command: string;
  args: readonly string[];
  environment: NodeJS.ProcessEnv;
  /** Gets everything the process prints; survives the launcher. */
  logFile: string;
  /**
   * How the process learns that the launcher is gone, were it killed with -9: our services by their IPC channel
   * closing, a foreign program by a watcher in the shell that started it.
   */
  orphanGuard: 'ipc' | 'shell';
  /** Failures in a row, each within {@link STEADY_MS} of its start, before giving up. Default: never. */
  maxRapidFailures?: number;
  /** A service that gives no sign of life for this long is restarted, in milliseconds. Default: 45 s. */
  silentAfterMs?: number;
}

/**
 * waiting: not started yet, or between two attempts. running: the process lives. stopped: asked to end, and ended.
 * failed: given up; `gaveUp` was emitted.
 */
export type ProcessState = 'waiting' | 'running' | 'stopped' | 'failed';

/** A process that lived this long was well: its failures before are forgotten. */
const STEADY_MS = 20_000;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;

/** Ends in a row with the same error of a kind that trying again does not cure, such as a diverging training. */
const MAX_SAME_ERRORS = 3;

/** Exit code of our services for wrong configuration: the same start would fail the same way. */
const EXIT_INVALID_CONFIG = 2;

const STUCK_GRACE_MS = 2000;

/**
 * Runs a program, stands watch over `read` failing on descriptor 3, which happens when the launcher is gone without
 * having said so, and then ends the program, after a moment in which others may still need it.
 */
const SHELL_GUARD = '(read -r _ <&3 || { sleep 3; kill $$; }) & exec 3<&-; exec "$@"';

/**
 * A child process that is started again, with growing pauses, whenever it ends without having been asked to. It is
 * given up where that cannot help: wrong configuration, or the same error again and again that is none of the moment.
 */
export class SupervisedProcess extends EventEmitter<{ change: []; gaveUp: [reason: string] }> {
  readonly spec: ProcessSpec;
  #state: ProcessState = 'waiting';
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();
  #restarts = 0;
  #rapidFailures = 0;
  #logBytesBefore = 0;
  #lastError: string | undefined;
  #sameErrors = 0;
  #stopping = false;
  #restarting = false;
  #signs: SignsOfLife | undefined;
  #restartReason: string | undefined;
  #retry: NodeJS.Timeout | undefined;

  constructor(spec: ProcessSpec) {
    super();
    this.spec = spec;
  }

  get name(): string {
    return this.spec.name;
  }

  get state(): ProcessState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Times it was started after the first. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Why it was restarted on purpose last, as a sentence; undefined when it never was. */
  get restartReason(): string | undefined {
    return this.#restartReason;
  }

  /** What it says it has waited for for long, or that it says nothing any more; undefined while all is well. */
  get stall(): string | undefined {
    return this.#state === 'running' ? this.#signs?.stall : undefined;
  }

  start(): void {
    const { command, args, environment, logFile, orphanGuard } = this.spec;
    mkdirSync(path.dirname(logFile), { recursive: true });
    const log = openSync(logFile, 'a');
    this.#logBytesBefore = fstatSync(log).size;
    const guarded = orphanGuard === 'shell';
    const words = guarded ? ['/bin/sh', '-c', SHELL_GUARD, 'sulcus', command, ...args] : [command, ...args];
    // A group of its own: Ctrl-C in the terminal reaches the launcher alone, which then ends its children in order.
    const child = spawn(words[0]!, words.slice(1), {
      env: environment,
      detached: true,
      stdio: ['ignore', log, log, guarded ? 'pipe' : 'ipc'],
    });
    closeSync(log);
    endWithUs(child);
    const startedMs = performance.now();
    this.#child = child;
    if (!guarded) this.#listen(child);
    this.#exited = once(child, 'exit').then(
      ([code]) => this.#onExit(code as number | null, performance.now() - startedMs),
      (error: Error) => this.#giveUp(`cannot be started: ${error.message}`),
    );
    this.#setState('running');
  }

  /** Asks the process to end, insists after `graceMs`, and resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#retry);
    if (this.#state === 'running') {
      this.#child?.kill('SIGTERM');
      const insist = setTimeout(() => this.#child?.kill('SIGKILL'), graceMs);
      await this.#exited;
      clearTimeout(insist);
    }
    if (this.#state !== 'failed') this.#setState('stopped');
  }

  /**
   * Ends the process, insisting after `graceMs`, and starts it again at once. Resolves when the old one is gone;
   * nothing happens to one that does not run. A restart that was asked for is no failure.
   */
  async restart(reason: string, graceMs: number): Promise<void> {
    if (this.#state !== 'running' || this.#restarting) return;
    this.#restarting = true;
    this.#restartReason = reason;
    const child = this.#child;
    child?.kill('SIGTERM');
    const insist = setTimeout(() => child?.kill('SIGKILL'), graceMs);
    await this.#exited;
    clearTimeout(insist);
  }

  #listen(child: ChildProcess): void {
    const { silentAfterMs = SILENT_AFTER_MS } = this.spec;
    const onSilent = (): void => {
      if (this.#stopping) return;
      void this.restart(`it gave no sign of life for ${silentAfterMs / 1000} s`, STUCK_GRACE_MS);
    };
    this.#signs = new SignsOfLife(child, { silentAfterMs, onSilent });
  }

  #onExit(code: number | null, livedMs: number): void {
    this.#releaseGuard();
    if (this.#stopping) return;
    if (this.#restarting) {
      this.#restarting = false;
      this.#restarts++;
      return this.start();
    }
    this.#rapidFailures = livedMs < STEADY_MS ? this.#rapidFailures + 1 : 1;
    if (code === EXIT_INVALID_CONFIG && this.spec.orphanGuard === 'ipc')
      return this.#giveUp('its configuration cannot be used');
    if (this.#rapidFailures >= (this.spec.maxRapidFailures ?? Infinity))
      return this.#giveUp(`ended ${this.#rapidFailures} times in a row soon after its start`);
    if (this.#repeatsError(code)) return this.#giveUp(`ended ${MAX_SAME_ERRORS} times in a row with the same error`);
    const pauseMs = Math.min(FIRST_BACKOFF_MS * 2 ** (this.#rapidFailures - 1), MAX_BACKOFF_MS);
    this.#setState('waiting');
    this.#retry = setTimeout(() => {
      this.#restarts++;
      this.start();
    }, pauseMs);
  }

  /** One that was killed has printed nothing: it says nothing about what it does. */
  #repeatsError(code: number | null): boolean {
    const error = code === null ? undefined : permanentErrorOf(this.spec.logFile, this.#logBytesBefore);
    this.#sameErrors = error !== undefined && error === this.#lastError ? this.#sameErrors + 1 : 1;
    this.#lastError = error;
    return this.#sameErrors >= MAX_SAME_ERRORS;
  }

  /** A line on descriptor 3 tells the watcher that all is well: it leaves without ending anything. */
  #releaseGuard(): void {
    const guard = this.#child?.stdio[3] as Writable | undefined;
    if (this.spec.orphanGuard === 'shell') guard?.on('error', () => undefined).end('\n');
  }

  #giveUp(reason: string): void {
    this.#setState('failed');
    this.emit('gaveUp', reason);
  }

  #setState(state: ProcessState): void {
    this.#state = state;
    this.emit('change');
  }
}
