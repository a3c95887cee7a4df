import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 16_384;

/** The last lines of a log file, without empty ones; none when there is no file. */
export function lastLines(file: string, count: number): string[] {
  if (!existsSync(file)) return [];
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString('utf8').split('\n').filter((line) => line.trim() !== '').slice(-count);
  } finally {
    closeSync(descriptor);
  }
}

/** The error lines that a service printed for people (`trainer: INVALID_CONFIG: …`) at the end of its log. */
export function lastErrors(file: string, service: string): string[] {
  const lines = lastLines(file, 50);
  const firstError = lines.findLastIndex((line) => !line.startsWith(`${service}: `)) + 1;
  return lines.slice(firstError);
}
