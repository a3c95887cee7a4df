import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import type { ShownProcess } from '../view/frame.js';
import { endWithUs } from './end-with-us.js';
import { failureOf } from './failure.js';
import { SignsOfLife, SILENT_AFTER_MS } from './signs-of-life.js';
import type { ProcessSpec } from './supervised-process.js';

/** What a process that runs to its end needs. */
export type OneShotSpec = Pick<ProcessSpec, 'name' | 'command' | 'args' | 'environment' | 'logFile' | 'silentAfterMs'>;

/** Time that it has to end when it is asked to, before it is killed. */
const STOP_GRACE_MS = 20_000;
const STUCK_GRACE_MS = 2000;

/**
 * Runs a command of ours to its end. An abort asks it to stop, and insists; one that stands still is ended.
 *
 * @param shown holds it while it runs, for the view
 * @throws what the command printed as its error, when it ends with another code than 0
 */
export async function runToEnd(
  { name, command, args, environment, logFile, silentAfterMs = SILENT_AFTER_MS }: OneShotSpec,
  signal: AbortSignal,
  shown: Set<ShownProcess> = new Set(),
): Promise<void> {
  signal.throwIfAborted();
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const { size: bytesBefore } = fstatSync(log);
  const child = spawn(command, args, { env: environment, detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  endWithUs(child);
  let insist: NodeJS.Timeout | undefined;
  const stop = (graceMs: number): void => {
    child.kill('SIGTERM');
    insist ??= setTimeout(() => child.kill('SIGKILL'), graceMs);
  };
  let isSilent = false;
  const onSilent = (): void => {
    isSilent = true;
    stop(STUCK_GRACE_MS);
  };
  const signs = new SignsOfLife(child, { silentAfterMs, onSilent });
  const running = {
    name,
    state: 'running',
    restarts: 0,
    get stall() {
      return signs.stall;
    },
  };
  shown.add(running);
  const onAbort = (): void => stop(STOP_GRACE_MS);
  signal.addEventListener('abort', onAbort, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  clearTimeout(insist);
  signal.removeEventListener('abort', onAbort);
  shown.delete(running);
  signal.throwIfAborted();
  const ended = `ended with ${code === null ? 'a signal' : `code ${code}`}`;
  if (code !== 0) throw failureOf(name, logFile, isSilent ? silence(silentAfterMs) : ended, bytesBefore);
}

const silence = (silentAfterMs: number): string => `gave no sign of life for ${silentAfterMs / 1000} s and was ended`;
