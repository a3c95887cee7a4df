import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import { nkeyAuthenticator } from '@nats-io/nats-core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { createUserKey, keyFile, serverAccounts, usersOf, type BrokerUser } from '#libs/bus';
import { startNats, type TestNats } from './nats.js';

export interface NatsWithAccounts extends TestNats {
  /** Folder of the key files. */
  readonly keys: string;
  /** A user of the broker, to connect as. */
  user: (name: string) => BrokerUser;
}

/** A nats-server of its own that knows the users of `npm start`, and these sites. */
export async function startNatsWithAccounts(
  test: TestContext | undefined,
  sites: readonly string[],
): Promise<NatsWithAccounts> {
  const keys = mkdtempSync(path.join(tmpdir(), 'sulcus-keys-'));
  const publicKeys = new Map<string, string>();
  for (const user of usersOf(sites)) {
    const { seed, publicKey } = createUserKey();
    publicKeys.set(user, publicKey);
    mkdirSync(path.join(keys, user));
    writeFileSync(path.join(keys, keyFile(user)), seed, { mode: 0o600 });
  }
  const nats = await startNats(undefined, { further: serverAccounts(sites, publicKeys) });
  const stop = async (): Promise<void> => {
    await nats.stop();
    rmSync(keys, { recursive: true, force: true });
  };
  test?.after(stop);
  return { ...nats, stop, keys, user: (name) => ({ name, keyFile: path.join(keys, keyFile(name)) }) };
}

/** The bare client, as somebody who has a user's key and does with it what he likes. */
export function connectAs({ url, user }: NatsWithAccounts, name: string): Promise<NatsConnection> {
  const authenticator = nkeyAuthenticator(readFileSync(user(name).keyFile));
  return connect({ servers: url.slice('nats://'.length), authenticator, inboxPrefix: `_INBOX_${name}` });
}
