import { ERROR_CODES, type ErrorCode, type ErrorPolicy } from './codes.js';

/** Data that travels with an error as fields, so that nobody parses messages. */
export type ErrorDetails = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Codes of Node's system errors that mean something to our callers. */
const SYSTEM_CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'STORAGE_FULL',
  EDQUOT: 'STORAGE_FULL',
  EADDRINUSE: 'PORT_IN_USE',
  ENOENT: 'FILE_UNREADABLE',
  EACCES: 'FILE_UNREADABLE',
  EISDIR: 'FILE_UNREADABLE',
  ECONNREFUSED: 'BUS_UNAVAILABLE',
};

/**
 * The one error class that crosses a boundary: file, gRPC, bus, checkpoint, configuration.
 * The code comes first in the text because many tools show only that.
 */
export class SulcusError extends Error {
  override readonly name = 'SulcusError';
  readonly code: ErrorCode;
  readonly details: ErrorDetails;
  /** The message without the code in front. */
  readonly rawMessage: string;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; details?: ErrorDetails } = {}) {
    super(`${code}: ${message}`, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.rawMessage = message;
    this.details = options.details ?? {};
  }

  get policy(): ErrorPolicy {
    return ERROR_CODES[this.code];
  }

  /** True when trying the same again later can succeed. */
  get retryable(): boolean {
    return this.policy.retryable;
  }

  /** True when waiting helps: the system around us is full, away or starting. */
  get transient(): boolean {
    return this.policy.transient;
  }

  /**
   * Makes a SulcusError of anything thrown: itself when it is one, CANCELLED for an abort, the matching code for a
   * system error such as ENOSPC, INTERNAL for the rest.
   */
  static from(error: unknown): SulcusError {
    if (error instanceof SulcusError) return error;
    if (error instanceof Error) {
      if (error.name === 'AbortError')
        return new SulcusError('CANCELLED', 'The operation was cancelled', { cause: error });
      if (error.name === 'TimeoutError') return new SulcusError('DEADLINE_EXCEEDED', error.message, { cause: error });
      const systemCode = (error as NodeJS.ErrnoException).code;
      const code = systemCode === undefined ? undefined : SYSTEM_CODES[systemCode];
      return new SulcusError(code ?? 'INTERNAL', error.message, { cause: error });
    }
    return new SulcusError('INTERNAL', String(error), { cause: error });
  }
}

/** Whether anything thrown is a failure that waiting cures (see {@link ErrorPolicy.transient}). */
export const isTransient = (error: unknown): boolean => error instanceof SulcusError && error.transient;

/** Whether it is a message or object itself that is bad, as a foreign or damaged one: trying again does not help. */
export const isDamage = (error: unknown): boolean =>
  ['HASH_MISMATCH', 'MESSAGE_INVALID'].includes(SulcusError.from(error).code);
