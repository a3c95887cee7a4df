/** What set-up says while it works: one line per thing done, and progress for what takes long. */
import { clearInterval, setInterval } from 'node:timers';

/** A thing that cannot be had. The message is one line and says what to do. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`set-up: ${line}\n`);
}

/** `1.2 GB`, `120 MB` or `1.2 MB`. @param {number} bytes */
export function formatBytes(bytes) {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(1)} GB`;
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}

/** How often progress shows: a terminal rewrites one line, a log gets a line now and then. */
const TERMINAL_INTERVAL_MS = 500;
const LOG_INTERVAL_MS = 10_000;

/**
 * Runs `work` and shows `label`, the seconds gone by and whatever `measure` reports, until it ends.
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 * @param {() => string} [measure] a short text such as `120 MB, 45 %`
 * @returns {Promise<T>}
 */
export async function withProgress(label, work, measure = () => '') {
  const startedMs = Date.now();
  const terminal = process.stderr.isTTY;
  const show = () => {
    const seconds = Math.round((Date.now() - startedMs) / 1000);
    const line = `set-up: ${label} … ${[measure(), `${seconds} s`].filter(Boolean).join(', ')}`;
    process.stderr.write(terminal ? `\r\u001b[K${line}` : `${line}\n`);
  };
  say(label);
  const timer = setInterval(show, terminal ? TERMINAL_INTERVAL_MS : LOG_INTERVAL_MS);
  timer.unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (terminal) process.stderr.write('\r\u001b[K');
  }
}
