import { Metadata, status, type ServiceError } from '@grpc/grpc-js';
import { ERROR_CODES, SulcusError, type ErrorCode } from '#libs/errors';

/** Trailer that carries the stable error code, so that nobody parses messages. */
export const ERROR_CODE_TRAILER = 'sulcus-error-code';

/**
 * grpc-message travels as one HTTP/2 header, percent-encoded: up to nine bytes per character. Clients refuse header
 * lists of more than 8 KB to 16 KB.
 */
const MAX_DETAILS_BYTES = 6000;
/** Longer texts are read by nobody. */
const MAX_DETAILS_CHARS = 2000;

/** What grpc-js takes as the failure of a call. */
export interface FailureStatus {
  code: number;
  details: string;
  metadata: Metadata;
}

/**
 * The status that a client sees for anything a handler throws. A SulcusError says its message; of anything else only
 * the code leaves the process, because the text may name paths, hosts or data.
 */
export function toFailureStatus(thrown: unknown, traceId?: string): FailureStatus {
  const error = SulcusError.from(thrown);
  const details = isUnexpected(thrown)
    ? `${error.code}: The request could not be completed${traceId ? ` (trace ${traceId})` : ''}`
    : error.message;
  const metadata = new Metadata();
  metadata.set(ERROR_CODE_TRAILER, error.code);
  return { code: error.policy.grpcStatus, details: headerSafe(details), metadata };
}

/** True for what the service's author did not foresee: it is logged with its cause and hidden from the client. */
export function isUnexpected(thrown: unknown): boolean {
  return !(thrown instanceof SulcusError) || thrown.code === 'INTERNAL';
}

/** grpc-js percent-encodes the text with encodeURI, which throws on half a surrogate pair. */
function headerSafe(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\uFFFD');
  let kept = wellFormed.slice(0, MAX_DETAILS_CHARS);
  while (encodedBytes(kept) > MAX_DETAILS_BYTES) kept = kept.slice(0, Math.floor(kept.length * SHRINK));
  return kept.length === wellFormed.length ? wellFormed : `${kept.replace(/\p{Surrogate}/gu, '')}…`;
}

/** Of a text that is too long, the share that is tried next. */
const SHRINK = 0.9;

/** As grpc-js sends it. A cut may leave half a pair. */
const encodedBytes = (text: string): number => encodeURI(text.replace(/\p{Surrogate}/gu, '')).length;

/** Our code for a status that came without the trailer: from a proxy, from grpc-js itself or from a foreign server. */
const CODE_OF_STATUS: Readonly<Record<number, ErrorCode>> = {
  [status.CANCELLED]: 'CANCELLED',
  [status.INVALID_ARGUMENT]: 'INVALID_ARGUMENT',
  [status.OUT_OF_RANGE]: 'INVALID_ARGUMENT',
  [status.DEADLINE_EXCEEDED]: 'DEADLINE_EXCEEDED',
  [status.NOT_FOUND]: 'NOT_FOUND',
  [status.ALREADY_EXISTS]: 'ALREADY_EXISTS',
  [status.PERMISSION_DENIED]: 'PERMISSION_DENIED',
  [status.UNAUTHENTICATED]: 'UNAUTHENTICATED',
  [status.RESOURCE_EXHAUSTED]: 'BACKPRESSURE',
  [status.FAILED_PRECONDITION]: 'UNSUPPORTED_VERSION',
  [status.ABORTED]: 'CONFLICT',
  [status.UNIMPLEMENTED]: 'UNIMPLEMENTED',
  [status.UNAVAILABLE]: 'SERVICE_UNAVAILABLE',
  [status.DATA_LOSS]: 'HASH_MISMATCH',
};

/** grpc-js reports a message beyond the limit as RESOURCE_EXHAUSTED; sending it again cannot help. */
const TOO_LARGE = /larger than( max)?/i;

/** The SulcusError behind a failed call: by the code in the trailer, else by the status. */
export function fromServiceError(error: unknown, method: string): SulcusError {
  if (error instanceof SulcusError) return error;
  if (!isServiceError(error)) return SulcusError.from(error);
  const named = error.metadata.get(ERROR_CODE_TRAILER)[0];
  const code =
    typeof named === 'string' && Object.hasOwn(ERROR_CODES, named) ? (named as ErrorCode) : codeOfStatus(error);
  const prefix = `${code}: `;
  const message = error.details.startsWith(prefix) ? error.details.slice(prefix.length) : error.details;
  return new SulcusError(code, message, { cause: error, details: { grpcStatus: status[error.code], method } });
}

function codeOfStatus(error: ServiceError): ErrorCode {
  if (error.code === status.RESOURCE_EXHAUSTED && TOO_LARGE.test(error.details)) return 'INVALID_ARGUMENT';
  return CODE_OF_STATUS[error.code] ?? 'INTERNAL';
}

function isServiceError(error: unknown): error is ServiceError {
  return (
    error instanceof Error &&
    typeof (error as Partial<ServiceError>).code === 'number' &&
    (error as Partial<ServiceError>).metadata instanceof Metadata
  );
}
