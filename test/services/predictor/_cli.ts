import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { root } from '../../../scripts/setup/paths.mjs';

/** Starts `sulcus <words>` as it is installed, from what was compiled. */
export function startSulcus(words: readonly string[], environment: NodeJS.ProcessEnv): ChildProcess {
  return spawn(process.execPath, [path.join(root, 'dist/services/cli/main.js'), ...words], {
    cwd: root,
    env: { ...process.env, SULCUS_LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What a command left. */
export interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `sulcus <words>` to its end. */
export async function runSulcus(words: readonly string[], environment: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = startSulcus(words, environment);
  let stdout = '';
  let stderr = '';
  child.stdout!.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr!.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}
