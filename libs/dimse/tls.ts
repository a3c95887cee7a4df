import { createServer, type PeerCertificate, type SecureContextOptions, type Server, type TLSSocket } from 'node:tls';
import { readTlsFiles, watchTlsFiles, type TlsFiles, type TlsMaterial } from '#libs/access';
import type { SulcusError } from '#libs/errors';

/** What a listener shows of itself and asks of its peers. */
export interface DimseTls {
  files: TlsFiles;
  /** Certificates of peers, by the authorities of `files`: not asked for, verified where one is shown, or demanded. */
  clients: 'none' | 'optional' | 'required';
}

/**
 * Of the BCP 195 profiles (PS3.15 B.9 and B.10, RFC 9325): TLS 1.2 or newer, keys agreed anew for each connection,
 * authenticated encryption.
 */
const PROFILE = {
  minVersion: 'TLSv1.2',
  honorCipherOrder: true,
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-RSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-RSA-AES256-GCM-SHA384',
  ].join(':'),
} as const;

const HANDSHAKE_TIMEOUT_MS = 10_000;

/**
 * A server whose certificates are taken into use when their files are replaced.
 *
 * @param onRenewal without a mistake: new files are in use; with one: the old ones stay
 * @throws INVALID_CONFIG naming the file
 */
export function createTlsServer(
  { files, clients }: DimseTls,
  {
    onConnection,
    onRenewal,
    signal,
  }: {
    onConnection: (socket: TLSSocket) => void;
    onRenewal: (mistake?: SulcusError) => void;
    signal: AbortSignal;
  },
): Server {
  const server = createServer(
    {
      ...contextOf(readTlsFiles(files)),
      requestCert: clients !== 'none',
      // One that is shown must be verified, also where none needs to be.
      rejectUnauthorized: clients === 'required',
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
    },
    (socket) => {
      const isForeign = clients === 'optional' && !socket.authorized && isShown(socket.getPeerCertificate());
      if (isForeign) socket.destroy(new Error('The certificate is of no authority that is known'));
      else onConnection(socket.setNoDelay(true));
    },
  );
  watchTlsFiles(files, {
    signal,
    onChange: (material) => {
      server.setSecureContext(contextOf(material));
      onRenewal();
    },
    onMistake: onRenewal,
  });
  return server;
}

const contextOf = ({ certificate, key, authorities }: TlsMaterial): SecureContextOptions => ({
  ...PROFILE,
  cert: certificate,
  key,
  ca: authorities,
});

/** Node gives an empty object where none was shown. */
const isShown = (certificate: PeerCertificate): boolean => Object.keys(certificate).length > 0;

/** Common name, alternative names and fingerprint of the verified certificate of a peer; none where there is none. */
export function certificateNamesOf(socket: TLSSocket): string[] {
  if (!socket.authorized) return [];
  const certificate = socket.getPeerCertificate();
  if (!isShown(certificate)) return [];
  // A name that holds a comma or a quote is quoted by Node, and is none of these.
  const alternatives = (certificate.subjectaltname ?? '')
    .split(', ')
    .flatMap((name) => /^(?:DNS|URI|IP Address):([^",\s]+)$/.exec(name)?.[1] ?? []);
  const commonNames = [certificate.subject.CN].flat().filter((name) => name !== undefined);
  return [...commonNames, ...alternatives, `sha256:${certificate.fingerprint256.replaceAll(':', '').toLowerCase()}`];
}
