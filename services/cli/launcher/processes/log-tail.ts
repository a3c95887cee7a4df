import { closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';

const TAIL_BYTES = 16_384;

/**
 * The last lines of a log file, without empty ones; none when there is no file.
 *
 * @param fromByte what stands before it is left out
 */
export function lastLines(file: string, count: number, fromByte = 0): string[] {
  if (!existsSync(file)) return [];
  const descriptor = openSync(file, 'r');
  try {
    const { size } = fstatSync(descriptor);
    const buffer = Buffer.alloc(Math.max(0, Math.min(size - fromByte, TAIL_BYTES)));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count);
  } finally {
    closeSync(descriptor);
  }
}

const ERROR_LINE = /^[^:{]+: [A-Z_]+: /;

/**
 * The last error that a command of ours printed (`trainer: INVALID_CONFIG: …`): its lines, one per mistake.
 *
 * @param fromByte what stands before it is left out
 */
export function lastErrors(file: string, fromByte = 0): string[] {
  const lines = lastLines(file, 100, fromByte);
  const end = lines.findLastIndex((line) => ERROR_LINE.test(line)) + 1;
  const start = lines.slice(0, end).findLastIndex((line) => !ERROR_LINE.test(line)) + 1;
  // Attempts that logged nothing else stand one behind the other.
  return [...new Set(lines.slice(start, end))];
}
