import { connect, type DetailedPeerCertificate } from 'node:tls';
import { readTlsFiles, urisOfCertificate, type ClientSecurity } from '#libs/access';
import type { IngestDescription } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import type { EdgeConfig } from './config.js';
import { callCore, CONNECT_TIMEOUT_MS } from './core-client.js';

/** What was agreed with the core in the TLS handshake. */
export interface TlsFacts {
  /** For example `TLSv1.3`. */
  protocol: string;
  cipher: string;
  /** URIs of the core's certificate. */
  uris: readonly string[];
  validUntil: Date;
}

/** What an edge finds out about its core. */
export interface CoreFacts {
  description: IngestDescription;
  /** Shortest of several round trips of a call. */
  roundTripMs: number;
  /** How far the core's clock is ahead of ours, in milliseconds; true to half a round trip. */
  clockAheadMs: number;
  /** Undefined where the connection is not encrypted. */
  tls: TlsFacts | undefined;
}

const CALLS = 10;

/**
 * Asks the core who it is.
 *
 * @throws SERVICE_UNAVAILABLE, UNAUTHENTICATED, PERMISSION_DENIED
 */
export const askCore = (config: EdgeConfig): Promise<CoreFacts> =>
  callCore(config, async (client) => {
    let best: Omit<CoreFacts, 'tls'> | undefined;
    for (let call = 0; call < CALLS; call++) {
      const [sentUnixMs, sentMs] = [Date.now(), performance.now()];
      const description = await client.describe({}, { timeoutMs: CONNECT_TIMEOUT_MS });
      const roundTripMs = performance.now() - sentMs;
      // The core looks at its clock about half way.
      const clockAheadMs = description.timeUnixMs - (sentUnixMs + roundTripMs / 2);
      if (!best || roundTripMs < best.roundTripMs) best = { description, roundTripMs, clockAheadMs };
    }
    return { ...best!, tls: await askTls(config.core, config.coreSecurity) };
  });

/** @throws SERVICE_UNAVAILABLE when no handshake comes about */
async function askTls(address: string, { tls }: ClientSecurity): Promise<TlsFacts | undefined> {
  if (!tls) return undefined;
  const { certificate, key, authorities } = readTlsFiles(tls);
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(address) ?? [];
  const plainHost = host.replace(/^\[|\]$/g, '');
  return await new Promise((resolve, reject) => {
    const socket = connect({
      host: plainHost,
      port: Number(port),
      ...(/^[\d.]+$|:/.test(plainHost) ? {} : { servername: plainHost }),
      cert: certificate,
      key,
      ca: authorities,
      ALPNProtocols: ['h2'],
      timeout: CONNECT_TIMEOUT_MS,
    });
    const fail = (error: Error): void => {
      socket.destroy();
      reject(new SulcusError('SERVICE_UNAVAILABLE', `TLS with ${address} fails: ${error.message}`, { cause: error }));
    };
    socket.once('error', fail);
    socket.once('timeout', () => fail(new Error('no answer')));
    socket.once('secureConnect', () => {
      const peer: Partial<DetailedPeerCertificate> = socket.getPeerCertificate(true);
      resolve({
        protocol: socket.getProtocol() ?? '',
        cipher: socket.getCipher().standardName,
        uris: urisOfCertificate(peer.subjectaltname),
        validUntil: new Date(peer.valid_to ?? 0),
      });
      socket.destroy();
    });
  });
}
