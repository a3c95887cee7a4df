import { request as plainRequest, type IncomingMessage } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { readTlsFiles, type TlsFiles } from '#libs/access';
import { SulcusError } from '#libs/errors';

export interface HttpGetOptions {
  accept: string;
  /** How TLS is done beyond the authorities of the system. */
  tls?: TlsFiles | undefined;
  /** Value of the header authorization. */
  authorization?: string | undefined;
  signal: AbortSignal;
  /** The connection ends when nothing comes for this long. Default: 60 s. */
  idleMs?: number;
}

/** So much of a refusal is told. */
const MAX_TOLD_CHARS = 300;

/**
 * Begins to read what is at an address; the body is read by whoever asked.
 *
 * @returns undefined for one that is empty (204)
 * @throws SERVICE_UNAVAILABLE when nobody answers or the server has a problem; UNAUTHENTICATED, PERMISSION_DENIED,
 *   NOT_FOUND, INVALID_ARGUMENT as it says
 */
export async function httpGet(
  url: URL,
  { accept, tls, authorization, signal, idleMs = 60_000 }: HttpGetOptions,
): Promise<IncomingMessage | undefined> {
  const material = tls && readTlsFiles(tls);
  const headers = { accept, ...(authorization !== undefined && { authorization }) };
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = request(
      url,
      { headers, signal, timeout: idleMs, cert: material?.certificate, key: material?.key, ca: material?.authorities },
      resolve,
    );
    call.once('timeout', () => call.destroy(new Error('nothing came for too long')));
    call.once('error', reject);
    call.end();
  }).catch((error: unknown) => {
    if (signal.aborted) throw SulcusError.from(signal.reason);
    throw new SulcusError('SERVICE_UNAVAILABLE', `${url.host} cannot be asked: ${(error as Error).message}`, {
      cause: error,
    });
  });
  const { statusCode = 0 } = response;
  if (statusCode === 204) {
    response.resume();
    return undefined;
  }
  if (statusCode >= 200 && statusCode < 300) return response;
  throw await refusal(url, response);
}

async function refusal(url: URL, response: IncomingMessage): Promise<SulcusError> {
  const { statusCode = 0 } = response;
  let told = '';
  for await (const chunk of response as AsyncIterable<Buffer>) {
    told += chunk.toString('utf8');
    if (told.length > MAX_TOLD_CHARS) break;
  }
  const code =
    ({ 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND' } as const)[
      statusCode
    ] ?? 'SERVICE_UNAVAILABLE';
  return new SulcusError(
    code,
    `${url.host} answers ${statusCode}: ${told.slice(0, MAX_TOLD_CHARS).replace(/\s+/g, ' ')}`,
  );
}
