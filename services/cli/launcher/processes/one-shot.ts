import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdirSync, openSync } from 'node:fs';
import path from 'node:path';
import { endWithUs } from './end-with-us.js';
import { failureOf } from './failure.js';
import type { ProcessSpec } from './supervised-process.js';

/** What a process that runs to its end needs. */
export type OneShotSpec = Pick<ProcessSpec, 'name' | 'command' | 'args' | 'environment' | 'logFile'>;

/**
 * Runs a command of ours to its end. An abort asks it to stop.
 *
 * @throws what the command printed as its error, when it ends with another code than 0
 */
export async function runToEnd(
  { name, command, args, environment, logFile }: OneShotSpec,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  mkdirSync(path.dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'a');
  const { size: bytesBefore } = fstatSync(log);
  const child = spawn(command, args, { env: environment, detached: true, stdio: ['ignore', log, log, 'ipc'] });
  closeSync(log);
  endWithUs(child);
  const stop = (): void => void child.kill('SIGTERM');
  signal.addEventListener('abort', stop, { once: true });
  const [code] = (await once(child, 'exit')) as [number | null];
  signal.removeEventListener('abort', stop);
  signal.throwIfAborted();
  if (code !== 0)
    throw failureOf(name, logFile, `ended with ${code === null ? 'a signal' : `code ${code}`}`, bytesBefore);
}
