import { credsAuthenticator, nkeyAuthenticator, usernamePasswordAuthenticator } from '@nats-io/nats-core';
import { existsSync } from 'node:fs';
import path from 'node:path';
import type { NodeConnectionOptions } from '@nats-io/transport-node';
import { readSecretFile } from '#libs/access';
import { existingPath, optional, parseEnvironment, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { CORE_SERVICES } from '../accounts/grants.js';
import { keyFile } from '../accounts/permissions.js';

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
  account: [
    'SULCUS_NATS_ACCOUNT',
    optional(
      text({ description: "own name among the broker's accounts, with its nkey: operator, trainer, site-north" }),
    ),
  ],
  keys: [
    'SULCUS_NATS_KEYS',
    optional(
      text({
        description: 'folder of keys of brokers on this machine, by port, for whoever names none (sulcus sets it)',
      }),
    ),
  ],
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

/** A user of the broker's accounts. */
export interface BrokerUser {
  name: string;
  /** File of the seed of its nkey. */
  keyFile: string;
}

/** How a process comes to its broker. */
export interface BrokerSecurity {
  options: Pick<NodeConnectionOptions, 'tls' | 'authenticator'>;
  /** Its name among the broker's accounts; undefined where the broker has none of ours. */
  user: string | undefined;
}

/**
 * Options of the NATS client from the environment. Files are read at each call, so that a reconnect after a change of
 * them by a new process is by the new ones.
 *
 * @throws INVALID_CONFIG naming what is missing, never what is in a file
 */
export function brokerSecurity(
  { servers, name, user: given }: { servers: string; name: string; user?: BrokerUser | undefined },
  environment: NodeJS.ProcessEnv = process.env,
): BrokerSecurity {
  const parsed = parseEnvironment(brokerSecurityEnvironment, environment);
  const { authorities, certificate, key, account, nkey, credentials, user, password } = parsed;
  if ((certificate === undefined) !== (key === undefined))
    throw invalid('SULCUS_NATS_TLS_CERTIFICATE and SULCUS_NATS_TLS_KEY belong together: set both or none');
  if (certificate !== undefined && authorities === undefined)
    throw invalid('SULCUS_NATS_TLS_CERTIFICATE needs SULCUS_NATS_TLS_CA: the authority of the broker');
  if ((user === undefined) !== (password === undefined))
    throw invalid('SULCUS_NATS_USER and SULCUS_NATS_PASSWORD_FILE belong together: set both or none');
  // Who is named in the call is not who the environment is about.
  const fromEnvironment = [
    ...(nkey === undefined ? [] : [nkeyAuthenticator(Buffer.from(readSecretFile(nkey)))]),
    ...(credentials === undefined ? [] : [credsAuthenticator(Buffer.from(readSecretFile(credentials)))]),
    ...(user === undefined ? [] : [usernamePasswordAuthenticator(user, readSecretFile(password!))]),
  ];
  const ways = given ? [nkeyAuthenticator(Buffer.from(readSecretFile(given.keyFile)))] : fromEnvironment;
  if (ways.length > 1)
    throw invalid('Set one of SULCUS_NATS_NKEY_FILE, SULCUS_NATS_CREDENTIALS and SULCUS_NATS_USER, not several');
  if (account !== undefined && nkey === undefined)
    throw invalid('SULCUS_NATS_ACCOUNT and SULCUS_NATS_NKEY_FILE belong together: the name and its key');
  const found = ways.length === 0 && parsed.keys !== undefined ? keyFor(parsed.keys, servers, name) : undefined;
  const authenticator = ways[0] ?? (found && nkeyAuthenticator(Buffer.from(readSecretFile(found.file))));
  const options = {
    ...(authorities === undefined
      ? {}
      : { tls: { caFile: authorities, ...(certificate && { certFile: certificate, keyFile: key! }) } }),
    ...(authenticator && { authenticator }),
  };
  return { options, user: given?.name ?? account ?? found?.user };
}

/** The key of whoever connects as `name` to a broker of this machine, if there is one: commands are the operator. */
function keyFor(folder: string, servers: string, name: string): { user: string; file: string } | undefined {
  const port = /^(?:nats:\/\/)?(?:localhost|127(?:\.\d+){3}|\[::1\])(?::(\d+))?\/?$/.exec(servers.trim());
  if (!port) return undefined;
  const service = CORE_SERVICES.find((each) => name === each || name.startsWith(`${each}-`));
  const user = service ?? 'operator';
  const file = path.join(folder, port[1] ?? '4222', keyFile(user));
  return existsSync(file) ? { user, file } : undefined;
}

const invalid = (mistake: string): SulcusError =>
  new SulcusError('INVALID_CONFIG', mistake, { details: { mistakes: [mistake] } });
