import { existingPath, flag, optional, parseEnvironment, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { readSecretFile } from './secret-file.js';
import { AccessPolicy } from './policy.js';
import type { TlsFiles } from './tls-files.js';

const certificate = [
  'SULCUS_TLS_CERTIFICATE',
  optional(existingPath({ description: 'PEM file of the own certificate, with those between it and its authority' })),
] as const;
const key = ['SULCUS_TLS_KEY', optional(existingPath({ description: 'PEM file of its private key' }))] as const;

/** What a gRPC server proves and demands. */
export const serverSecurityEnvironment = {
  tlsCertificate: certificate,
  tlsKey: key,
  tlsClientAuthorities: [
    'SULCUS_TLS_CLIENT_CA',
    optional(existingPath({ description: 'PEM file of the authorities of clients: each must show a certificate' })),
  ],
  accessPolicy: [
    'SULCUS_ACCESS_POLICY',
    optional(existingPath({ description: 'JSON file that says which peer may do what; everything else is denied' })),
  ],
  insecure: [
    'SULCUS_INSECURE',
    flag({ default: false, description: 'true: listen beyond this machine without TLS or identity' }),
  ],
} as const;

/** How a gRPC client reaches a server that demands TLS. */
export const clientSecurityEnvironment = {
  tlsAuthorities: [
    'SULCUS_TLS_CA',
    optional(existingPath({ description: 'PEM file of the authorities of servers: connections are by TLS' })),
  ],
  tlsCertificate: certificate,
  tlsKey: key,
  token: [
    'SULCUS_TOKEN_FILE',
    optional(text({ description: 'file of a bearer token that is sent with each call, over TLS alone' })),
  ],
} as const;

export interface ServerSecurity {
  /** Undefined: connections are not encrypted. */
  readonly tls?: TlsFiles | undefined;
  /** Undefined: everybody may do everything. */
  readonly policy?: AccessPolicy | undefined;
  readonly insecure: boolean;
}

export interface ClientSecurity {
  /** Undefined: connections are not encrypted. */
  readonly tls?: TlsFiles | undefined;
  readonly token?: string | undefined;
}

/** @throws INVALID_CONFIG naming every mistake */
export function readServerSecurity(environment: NodeJS.ProcessEnv = process.env): ServerSecurity {
  const parsed = parseEnvironment(serverSecurityEnvironment, environment);
  const { tlsCertificate, tlsKey, tlsClientAuthorities, accessPolicy, insecure } = parsed;
  const policy = accessPolicy === undefined ? undefined : AccessPolicy.read(accessPolicy);
  if (tlsCertificate === undefined && tlsKey === undefined) {
    if (tlsClientAuthorities !== undefined) throw needsCertificate('SULCUS_TLS_CLIENT_CA');
    if (policy) throw needsCertificate('SULCUS_ACCESS_POLICY');
    return { insecure };
  }
  const tls = { certificate: tlsCertificate, key: tlsKey, authorities: tlsClientAuthorities };
  if (policy?.usesTokens === false && tlsClientAuthorities === undefined)
    throw new SulcusError(
      'INVALID_CONFIG',
      'SULCUS_ACCESS_POLICY knows peers by their certificates alone: set SULCUS_TLS_CLIENT_CA to their authority',
    );
  return { tls, policy, insecure };
}

/** @throws INVALID_CONFIG naming every mistake */
export function readClientSecurity(environment: NodeJS.ProcessEnv = process.env): ClientSecurity {
  const parsed = parseEnvironment(clientSecurityEnvironment, environment);
  const { tlsAuthorities, tlsCertificate, tlsKey, token } = parsed;
  if (tlsAuthorities === undefined) {
    if (token !== undefined)
      throw new SulcusError('INVALID_CONFIG', 'SULCUS_TOKEN_FILE needs SULCUS_TLS_CA: tokens are sent over TLS alone');
    return {};
  }
  return {
    tls: { certificate: tlsCertificate, key: tlsKey, authorities: tlsAuthorities },
    ...(token === undefined ? {} : { token: readToken(token) }),
  };
}

/** The client of gRPC quotes what no header can carry when it refuses to send it. */
function readToken(file: string): string {
  const token = readSecretFile(file);
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new SulcusError('INVALID_CONFIG', `${file}: expected one token, of letters, digits and signs of ASCII alone`);
}

const needsCertificate = (variable: string): SulcusError =>
  new SulcusError(
    'INVALID_CONFIG',
    `${variable} needs SULCUS_TLS_CERTIFICATE and SULCUS_TLS_KEY: peers prove who they \
are over TLS alone`,
  );
