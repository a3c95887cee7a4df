import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { SulcusError } from '#libs/errors';
import { packageRoot } from '#libs/service';
import path from 'node:path';

/** A command of sulcus in a process of its own. Its log goes to stderr. */
export function commandProcess(
  words: readonly string[],
  environment: NodeJS.ProcessEnv,
): { failed: Promise<never>; stop: () => Promise<void> } {
  // Sources are run by what this process runs them by, compiled code as it is.
  const main = new URL('../main.js', import.meta.url).pathname;
  const script = import.meta.url.endsWith('.ts') ? path.join(packageRoot(), 'services/cli/main.ts') : main;
  const execArgv = process.execArgv.filter((flag) => !flag.startsWith('--test'));
  const child = spawn(process.execPath, [...execArgv, script, ...words], {
    env: { ...process.env, NODE_TEST_CONTEXT: '', ...environment },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'exit');
  const failed = ended.then(([code]) => {
    throw new SulcusError('SERVICE_UNAVAILABLE', `sulcus ${words.join(' ')} ended with exit code ${code as number}`);
  });
  failed.catch(() => undefined);
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
  };
  return { failed, stop };
}
