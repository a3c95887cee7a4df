/** Child processes of set-up. */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { constants as osConstants } from 'node:os';
import path from 'node:path';
import { root } from './paths.mjs';
import { SetupError } from './output.mjs';
import { ownerMark, startTied } from './process-groups.mjs';

/**
 * Runs a program to its end. The program does not outlive us: it leads a process group of its own, which ends when a
 * signal ends us, and it carries our mark, by which the next set-up finds what a killed one left running.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, inherit?: boolean }} [options] `inherit` shows its output instead of
 *   keeping it.
 * @returns {Promise<{ code: number, stdout: string, stderr: string }>} code 127 when the program does not exist.
 */
export function run(command, args, { cwd = root, env = process.env, inherit = false } = {}) {
  return new Promise((resolve, reject) => {
    const { child, release } = startTied(() =>
      spawn(command, args, {
        cwd,
        env: { ...env, ...ownerMark() },
        stdio: inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
        detached: true,
      }),
    );
    const output = { stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (chunk) => {
      output.stdout += chunk;
    });
    child.stderr?.setEncoding('utf8').on('data', (chunk) => {
      output.stderr += chunk;
    });
    child.on('error', (error) => {
      release();
      if ('code' in error && error.code === 'ENOENT') resolve({ code: 127, ...output });
      else reject(new SetupError(`${command} could not be started: ${error.message}`));
    });
    child.on('close', (code, signal) => {
      // While we are ending nobody shall take this for a failure and go on.
      if (release()) resolve({ code: code ?? (signal ? 130 : 1), ...output });
    });
  });
}

/**
 * Becomes the given program as far as the caller can tell: it has our terminal, gets our signals and its exit code is
 * ours.
 * @param {string} command @param {readonly string[]} args
 */
export function handOver(command, args) {
  const child = spawn(command, args, { stdio: 'inherit' });
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => {
      // Ctrl-C in a terminal reaches the whole process group by itself; sent on, it would count twice.
      if (signal !== 'SIGINT' || !onTerminal) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`${command} could not be started: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (osConstants.signals[signal] ?? 0)));
}

/**
 * The full path of a program on PATH, or undefined.
 * @param {string} name
 * @param {string} [searchPath]
 */
export function findOnPath(name, searchPath = process.env.PATH ?? '') {
  return searchPath
    .split(path.delimiter)
    .filter(Boolean)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

/** @param {string} file */
export function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Lines that a program adds to the cause of a failure. */
const NOISE = /complete log of this run|^npm error (code|errno|syscall|path)\b|^E: Some index files failed/i;

/**
 * The part of a program's error output worth repeating in one line: its first error, else its last line.
 * @param {string} text
 */
export function mainError(text) {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line && !NOISE.test(line));
  return lines.find((line) => /^(error|e:|err:|fatal|npm error)/i.test(line)) ?? lines.at(-1) ?? 'no output';
}
