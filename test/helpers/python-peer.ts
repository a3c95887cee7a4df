import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { promisify } from 'node:util';
import { root } from '../../scripts/setup/paths.mjs';

const FOLDER = path.join(root, '.sulcus/peers');
const PYTHON = path.join(FOLDER, 'bin/python');

const has = (name: string): boolean =>
  existsSync(PYTHON) &&
  ['3.9', '3.10', '3.11', '3.12', '3.13', '3.14'].some((version) =>
    existsSync(path.join(FOLDER, `lib/python${version}/site-packages/${name}`)),
  );

/** Of a test that talks to pynetdicom. */
export const withoutPynetdicom: string | false = has('pynetdicom')
  ? false
  : 'there is no pynetdicom here to talk to: npm run setup:peers brings it';

/** Runs a script that prints JSON, whatever it ends with. */
export async function runPython<T>(script: string, args: readonly string[]): Promise<T> {
  try {
    return JSON.parse((await promisify(execFile)(PYTHON, [script, ...args], { timeout: 60_000 })).stdout) as T;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    if (stdout !== '') return JSON.parse(stdout) as T;
    throw new Error(`${script} failed: ${stderr}`, { cause: error });
  }
}

/** Runs a script that serves until the test ends. */
export function startPython(t: TestContext, script: string, args: readonly string[]): void {
  const child = spawn(PYTHON, [script, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  });
}
