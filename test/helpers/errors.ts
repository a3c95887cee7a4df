import { GrpcStatus, SulcusError, type ErrorCode } from '#libs/errors';

/** Whether an error is ours, with this code and, if given, this text. */
export const isCode =
  (code: ErrorCode, text?: RegExp) =>
  (error: unknown): error is SulcusError =>
    error instanceof SulcusError && error.code === code && (text?.test(error.message) ?? true);

/**
 * Whether an error is what a gRPC client that knows nothing of sulcus gets, with this status and, if given, this text.
 */
export const isStatus =
  (status: keyof typeof GrpcStatus, text?: RegExp) =>
  (error: unknown): boolean =>
    error instanceof Error &&
    (error as Error & { code?: unknown }).code === GrpcStatus[status] &&
    (text?.test(error.message) ?? true);
