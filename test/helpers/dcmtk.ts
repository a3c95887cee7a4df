import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from '../../scripts/setup/paths.mjs';

const PEERS = path.join(root, '.sulcus/peers');

const onPath = (name: string): string | undefined =>
  (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));

/** Where a program of a package is; undefined where there is none. */
export const programOf = (packageName: string, name: string): string | undefined => {
  const own = path.join(PEERS, packageName, 'bin', name);
  return existsSync(own) ? own : onPath(name);
};

/** Where a program of DCMTK is; undefined where there is none. */
export const dcmtk = (name: string): string | undefined => programOf('dcmtk', name);

/** Of a test that talks to DCMTK. */
export const withoutDcmtk: string | false = dcmtk('storescu')
  ? false
  : 'there is no DCMTK here to talk to: npm run setup:peers brings it';

/** Runs a program of DCMTK to its end, whatever that is. */
export const runDcmtk = (name: string, args: readonly string[]): Promise<{ code: number; output: string }> =>
  runProgram(dcmtk(name) ?? name, args);

/** Runs a program to its end, whatever that is. */
export function runProgram(program: string, args: readonly string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
      resolve({ code, output: `${stdout}${stderr}` });
    });
  });
}
