import { nkeys } from '@nats-io/nats-core';

/** An nkey: the seed is the secret, the public key stands in the server's configuration. */
export interface UserKey {
  seed: string;
  publicKey: string;
}

/** Draws a key for a user of the broker. */
export function createUserKey(): UserKey {
  const pair = nkeys.createUser();
  return { seed: Buffer.from(pair.getSeed()).toString(), publicKey: pair.getPublicKey() };
}

/** The public key of a seed. @throws for what is no seed */
export const publicKeyOf = (seed: string): string => nkeys.fromSeed(Buffer.from(seed.trim())).getPublicKey();
