import { ERROR_CODES, SulcusError, type ErrorCode } from '#libs/errors';
import { shownPath } from '../../shared/paths.js';
import { lastErrors, lastLines } from './log-tail.js';

/**
 * The error that a process ended with, in its own words as far as it printed any, and where its log is.
 *
 * @param fromByte where in its log this attempt began
 */
export function failureOf(name: string, logFile: string, reason: string, fromByte = 0): SulcusError {
  const log = `see ${shownPath(logFile)}`;
  const errors = lastErrors(logFile, fromByte).map(parseError);
  const code = errors[0]?.code ?? 'INTERNAL';
  if (errors.length === 0) {
    const [lastLine] = lastLines(logFile, 1, fromByte);
    return new SulcusError(code, `${name} ${reason}${lastLine ? `, its last line: ${lastLine}` : ''} (${log})`);
  }
  const lines = errors.map(({ message }) => `${name}: ${message}`);
  return new SulcusError(code, lines.join('\n'), { details: { mistakes: lines, advice: log } });
}

/**
 * What a process ended with, if that is an error which trying the same again does not cure.
 *
 * @param fromByte where in its log this attempt began
 */
export function permanentErrorOf(logFile: string, fromByte: number): string | undefined {
  const lines = lastErrors(logFile, fromByte);
  const [error] = lines.map(parseError);
  return error && !ERROR_CODES[error.code].retryable ? lines.join('\n') : undefined;
}

/** `service: CODE: message` → its parts; an unknown code is a defect of ours. */
function parseError(line: string): { code: ErrorCode; message: string } {
  const [, , code, message] = /^([^:]+): ([A-Z_]+): (.*)$/.exec(line)!;
  return { code: Object.hasOwn(ERROR_CODES, code!) ? (code as ErrorCode) : 'INTERNAL', message: message! };
}
