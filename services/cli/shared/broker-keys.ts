import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createUserKey, keyFile, publicKeyOf, serverAccounts, siteUser, usersOf } from '#libs/bus';
import { writeDurablySync } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';

/** Text of nats-server's configuration that knows the users: it holds public keys alone. */
export const ACCOUNTS_FILE = 'server/accounts.conf';

const SITE_FOLDER = /^site-([a-z0-9-]+)$/;

/** Keys of the users of a broker, and what its server is told of them. */
export interface BrokerKeys {
  folder: string;
  /** Sites that have a key, sorted. */
  sites: readonly string[];
  /** The `accounts` block of the server's configuration. */
  accounts: string;
  /** Users whose keys were made now. */
  made: readonly string[];
}

/**
 * Sees to the keys of a broker's users in a folder: each nkey in a file that its owner alone reads. What is there
 * stays; sites that had a key keep it.
 *
 * @throws INVALID_CONFIG for a file that holds no key
 */
export function brokerKeys(folder: string, sites: readonly string[]): BrokerKeys {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const known = readdirSync(folder).flatMap((name) => SITE_FOLDER.exec(name)?.[1] ?? []);
  const all = [...new Set([...known, ...sites])].sort();
  const made: string[] = [];
  const publicKeys = new Map<string, string>();
  for (const user of usersOf(all)) {
    const file = path.join(folder, keyFile(user));
    if (!existsSync(file)) {
      mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
      writeDurablySync(file, `${createUserKey().seed}\n`, { mode: 0o600 });
      made.push(user);
    }
    publicKeys.set(user, readPublicKey(file));
  }
  const accounts = serverAccounts(all, publicKeys);
  mkdirSync(path.dirname(path.join(folder, ACCOUNTS_FILE)), { recursive: true });
  writeDurablySync(path.join(folder, ACCOUNTS_FILE), accounts, { mode: 0o644 });
  return { folder, sites: all, accounts, made };
}

/** Variables by which a process is a user of the broker. */
export const credentialsOf = (folder: string, user: string): NodeJS.ProcessEnv => ({
  SULCUS_NATS_ACCOUNT: user,
  SULCUS_NATS_NKEY_FILE: path.join(folder, keyFile(user)),
});

/**
 * The user as whom a service or command works: the ingest of the core takes in for every site, an import for its own
 * alone, results are made by an operator.
 */
export const userOf = (service: string, site: string): string =>
  ({ import: siteUser(site), results: 'operator' })[service] ?? service;

function readPublicKey(file: string): string {
  try {
    return publicKeyOf(readFileSync(file, 'utf8'));
  } catch {
    throw new SulcusError('INVALID_CONFIG', `${file} holds no nkey: delete it, and another is made`);
  }
}
