/**
 * One error model for every service: stable codes, the gRPC status of each, and whether another attempt helps. Imports
 * nothing.
 *
 *     throw new SulcusError('FILE_UNREADABLE', 'There is no such file', { cause: error });
 *     const { code, rawMessage } = SulcusError.from(thrown); // whatever was thrown
 *     if (isTransient(thrown)) …                             // waiting helps
 *
 * A new code is a line of `codes.ts`.
 */
export { ERROR_CODES, GrpcStatus, type ErrorCode, type ErrorPolicy } from './codes.js';
export { isDamage, isTransient, SulcusError, type ErrorDetails } from './sulcus-error.js';
