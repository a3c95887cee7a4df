import { SulcusError, type ErrorCode } from '#libs/errors';

const CODES: Readonly<Record<number, ErrorCode>> = {
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  408: 'SERVICE_UNAVAILABLE',
  416: 'SERVICE_UNAVAILABLE',
  429: 'SERVICE_UNAVAILABLE',
};

/** What an HTTP status means to whoever wanted the file. */
export function failureOf(status: number, url: string): SulcusError {
  const code = CODES[status] ?? (status >= 500 ? 'SERVICE_UNAVAILABLE' : 'INVALID_ARGUMENT');
  return new SulcusError(code, `${new URL(url).host} answers with HTTP status ${status}`, { details: { status } });
}
