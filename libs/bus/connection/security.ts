import { credsAuthenticator, nkeyAuthenticator, usernamePasswordAuthenticator } from '@nats-io/nats-core';
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { readSecretFile } from '#libs/access';
import { existingPath, optional, parseEnvironment, text } from '#libs/config';
import { SulcusError } from '#libs/errors';

/** How a process proves to the broker who it is, and knows the broker: the same variables everywhere. */
export const brokerSecurityEnvironment = {
  authorities: [
    'SULCUS_NATS_TLS_CA',
    optional(existingPath({ description: "PEM file of the authorities of the broker's certificate: TLS is demanded" })),
  ],
  certificate: [
    'SULCUS_NATS_TLS_CERTIFICATE',
    optional(existingPath({ description: 'PEM file of the own certificate, where the broker verifies its clients' })),
  ],
  key: ['SULCUS_NATS_TLS_KEY', optional(existingPath({ description: 'PEM file of its private key' }))],
  nkey: [
    'SULCUS_NATS_NKEY_FILE',
    optional(text({ description: 'file of the seed of an nkey (SU…) that the broker knows' })),
  ],
  credentials: [
    'SULCUS_NATS_CREDENTIALS',
    optional(text({ description: 'credentials file (.creds) with a user JWT and its nkey' })),
  ],
  user: ['SULCUS_NATS_USER', optional(text({ description: 'user name, with SULCUS_NATS_PASSWORD_FILE' }))],
  password: ['SULCUS_NATS_PASSWORD_FILE', optional(text({ description: 'file of the password of SULCUS_NATS_USER' }))],
} as const;

/**
 * Options of the NATS client from the environment. Files are read at each call, so that a reconnect after a change of
 * them by a new process is by the new ones.
 *
 * @throws INVALID_CONFIG naming what is missing, never what is in a file
 */
export function brokerSecurity(
  environment: NodeJS.ProcessEnv = process.env,
): Pick<NodeConnectionOptions, 'tls' | 'authenticator'> {
  const { authorities, certificate, key, nkey, credentials, user, password } = parseEnvironment(
    brokerSecurityEnvironment,
    environment,
  );
  if ((certificate === undefined) !== (key === undefined))
    throw invalid('SULCUS_NATS_TLS_CERTIFICATE and SULCUS_NATS_TLS_KEY belong together: set both or none');
  if (certificate !== undefined && authorities === undefined)
    throw invalid('SULCUS_NATS_TLS_CERTIFICATE needs SULCUS_NATS_TLS_CA: the authority of the broker');
  if ((user === undefined) !== (password === undefined))
    throw invalid('SULCUS_NATS_USER and SULCUS_NATS_PASSWORD_FILE belong together: set both or none');
  const ways = [
    ...(nkey === undefined ? [] : [nkeyAuthenticator(Buffer.from(readSecretFile(nkey)))]),
    ...(credentials === undefined ? [] : [credsAuthenticator(Buffer.from(readSecretFile(credentials)))]),
    ...(user === undefined ? [] : [usernamePasswordAuthenticator(user, readSecretFile(password!))]),
  ];
  if (ways.length > 1)
    throw invalid('Set one of SULCUS_NATS_NKEY_FILE, SULCUS_NATS_CREDENTIALS and SULCUS_NATS_USER, not several');
  return {
    ...(authorities === undefined
      ? {}
      : { tls: { caFile: authorities, ...(certificate && { certFile: certificate, keyFile: key! }) } }),
    ...(ways[0] && { authenticator: ways[0] }),
  };
}

const invalid = (mistake: string): SulcusError =>
  new SulcusError('INVALID_CONFIG', mistake, { details: { mistakes: [mistake] } });
