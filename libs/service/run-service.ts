import { setMaxListeners } from 'node:events';
import { hostname } from 'node:os';
import { onStall, startWatchdog } from '#libs/async';
import { SulcusError } from '#libs/errors';
import { createLogger, startTelemetry, type Logger, type Telemetry } from '#libs/telemetry';
import { leaveClosedTerminal } from './closed-terminal.js';

export interface ServiceContext {
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP, or when the launcher that started this process is gone. */
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** Unique per process: host, process id, time. */
  readonly instance: string;
  /** Ends the process: aborts the signal, and reports this error however `run` then ends. */
  readonly fail: (error: SulcusError) => void;
}

const ignore = (): void => undefined;

/** Exit codes: 0 done or stopped as asked, 2 wrong options or environment, 1 anything else. */
const EXIT_FAILED = 1;
const EXIT_INVALID_CONFIG = 2;
/** Of work that was stopped before it was done, as shells report a program that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130;

/** Time between the end of `run` and a forced exit: handles that nobody closed must not keep a service alive. */
const LAST_RESORT_MS = 5000;

/** Time that a service has to stop when its launcher is gone. */
const ORPHAN_GRACE_MS = 15_000;

/**
 * The process skeleton that every service shares. Starts telemetry, turns SIGINT, SIGTERM and SIGHUP into an abort
 * signal (a second one of the first two exits at once), runs `run` to its end, flushes telemetry and sets the exit
 * code. An error is one clear line on stderr for each mistake. A service that `sulcus up` started stops when its
 * launcher is gone.
 *
 * @param options `log`: instead of a logger to stderr, for programs that draw on the terminal; `stallMs`: how long it
 *   waits for something before it says so, default half a minute
 */
export async function runService(
  name: string,
  run: (context: ServiceContext) => Promise<void>,
  { log = createLogger(name), stallMs }: { log?: Logger; stallMs?: number } = {},
): Promise<void> {
  const stop = new AbortController();
  // One listener for each running operation is the normal case, not a leak.
  setMaxListeners(0, stop.signal);
  // What is printed goes to a file whose disk may be full: that is no reason to end.
  process.stderr.on('error', ignore);
  leaveClosedTerminal();
  const release = [stopOnSignals(stop, log), stopOnUncaught(name, log), sayStalls(log, stallMs), tellLauncher()];
  let telemetry: Telemetry | undefined;
  let failure: SulcusError | undefined;
  const fail = (error: SulcusError): void => {
    failure ??= error;
    stop.abort();
    setTimeout(() => {
      reportFailure(name, error);
      process.exit();
    }, ORPHAN_GRACE_MS).unref();
  };
  try {
    telemetry = await startTelemetry(name);
    const instance = `${hostname()}-${process.pid}-${Date.now().toString(36)}`;
    log.debug({ instance }, 'starting');
    await run({ signal: stop.signal, log, instance, fail });
    if (failure) reportFailure(name, failure, log);
  } catch (error) {
    if (failure) reportFailure(name, failure, log);
    else if (!(stop.signal.aborted && SulcusError.from(error).code === 'CANCELLED')) reportFailure(name, error, log);
  } finally {
    stop.abort();
    // Unref'd: it only matters when something else keeps the process alive.
    setTimeout(() => process.exit(), LAST_RESORT_MS).unref();
    await telemetry?.shutdown();
    release.forEach((free) => free());
  }
}

/**
 * As {@link runService}, of work that has an end of its own: one that is stopped before it says so, and exits with
 * {@link EXIT_INTERRUPTED}, so that whoever started it does not take it for done.
 */
export async function runCommand(name: string, run: (context: ServiceContext) => Promise<void>): Promise<void> {
  await runService(name, async (context) => {
    const stopped = (): void => {
      if (!context.signal.aborted) return;
      process.stderr.write(`${name}: stopped before it was done\n`);
      process.exitCode ||= EXIT_INTERRUPTED;
    };
    await run(context).finally(stopped);
  });
}

/**
 * Prints a line per mistake and one with advice where there is any, and sets the exit code; the stack goes to the log,
 * for a defect of ours at level error.
 */
export function reportFailure(name: string, thrown: unknown, log?: Logger): void {
  const error = SulcusError.from(thrown);
  const { mistakes, advice } = error.details;
  const lines = Array.isArray(mistakes) ? mistakes : [error.rawMessage];
  for (const line of lines) process.stderr.write(`${name}: ${error.code}: ${line}\n`);
  if (typeof advice === 'string') process.stderr.write(`${name}: ${advice}\n`);
  log?.[error.code === 'INTERNAL' ? 'error' : 'debug']({ err: thrown }, 'failed');
  process.exitCode = error.code === 'INVALID_CONFIG' ? EXIT_INVALID_CONFIG : EXIT_FAILED;
}

function stopOnSignals(stop: AbortController, log: Logger): () => void {
  let asked = false;
  const ask = (reason: string): void => {
    if (asked) process.exit(EXIT_FAILED);
    asked = true;
    log.info({ reason }, 'stopping');
    stop.abort();
  };
  const onInterrupt = (): void => ask('SIGINT');
  const onTerminate = (): void => ask('SIGTERM');
  // Of a terminal that is closed several are sent, by the kernel, the shell and what stands in between: nobody insists.
  const onHangUp = (): void => {
    if (!asked) ask('SIGHUP');
  };
  // A launcher killed with -9 says nothing; its closed channel does. Nobody is left to insist: the process does itself.
  const onDisconnect = (): void => {
    if (asked) return;
    ask('the launcher is gone');
    setTimeout(() => process.exit(EXIT_FAILED), ORPHAN_GRACE_MS).unref();
  };
  process.on('SIGINT', onInterrupt).on('SIGTERM', onTerminate).on('SIGHUP', onHangUp);
  if (process.send) {
    process.on('disconnect', onDisconnect);
    // It may be gone before this process was up to listen.
    if (!process.connected) onDisconnect();
  }
  return () => {
    process.off('SIGINT', onInterrupt).off('SIGTERM', onTerminate).off('SIGHUP', onHangUp);
    process.off('disconnect', onDisconnect);
    if (process.connected) process.disconnect();
  };
}

/** A defect that nobody caught leaves the process in an unknown state: it says so, and the launcher starts another. */
function stopOnUncaught(name: string, log: Logger): () => void {
  const crash = (error: unknown): void => {
    log.fatal({ err: error }, 'uncaught error');
    reportFailure(name, error);
    process.exit();
  };
  process.once('uncaughtException', crash).once('unhandledRejection', crash);
  return () => void process.off('uncaughtException', crash).off('unhandledRejection', crash);
}

/** What the process waits for, in its log. */
function sayStalls(log: Logger, stallMs: number | undefined): () => void {
  const stop = startWatchdog(stallMs);
  const forget = onStall((stall) => (stall === undefined ? log.info('going on again') : log.warn(stall)));
  return () => {
    stop();
    forget();
  };
}

/** What a service says to the launcher that started it: that it lives, and what it waits for when it waits for long. */
export interface LifeSign {
  stall: string | undefined;
}

/** Time between two signs of life. */
export const LIFE_SIGN_INTERVAL_MS = 5000;

/** A process whose event loop stands still gives none: the launcher then starts another. */
function tellLauncher(): () => void {
  if (!process.send) return () => undefined;
  let stalled: string | undefined;
  const tell = (): void => {
    if (process.connected) process.send?.({ stall: stalled } satisfies LifeSign, undefined, undefined, ignore);
  };
  const forget = onStall((stall) => {
    stalled = stall;
    tell();
  });
  const timer = setInterval(tell, LIFE_SIGN_INTERVAL_MS).unref();
  tell();
  return () => {
    clearInterval(timer);
    forget();
  };
}
