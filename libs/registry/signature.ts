import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { readFileSync } from 'node:fs';
import { canonicalJson } from '#libs/canonical-json';
import { SulcusError } from '#libs/errors';

/** A signature in a card: by which key, and over everything else that the card says (Ed25519, RFC 8032). */
export interface CardSignature {
  /** First 16 hexadecimal digits of the SHA-256 of the public key (SubjectPublicKeyInfo, DER). */
  readonly keyId: string;
  /** base64. */
  readonly value: string;
}

/** Makes a key to sign with and the one by which it is known, as PEM. */
export const createSigningKeys = (): { privateKey: string; publicKey: string } =>
  generateKeyPairSync('ed25519', {
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });

/** The key that a trainer signs its versions with. */
export class SigningKey {
  readonly #key: KeyObject;
  readonly keyId: string;

  constructor(pem: string | Buffer) {
    this.#key = createPrivateKey(pem);
    this.keyId = idOf(createPublicKey(this.#key));
  }

  /** @throws INVALID_CONFIG naming the file, never what is in it */
  static read(file: string): SigningKey {
    return readKey(file, 'a private Ed25519 key (openssl genpkey -algorithm ed25519)', (pem) => {
      if (createPrivateKey(pem).asymmetricKeyType !== 'ed25519') throw new Error('another kind of key');
      return new SigningKey(pem);
    });
  }

  /** Signs a card that has no signature yet. */
  sign(card: object): CardSignature {
    return { keyId: this.keyId, value: sign(null, signedBytes(card), this.#key).toString('base64') };
  }
}

/** Public keys of the trainers whose versions may be served. */
export class TrustedKeys {
  readonly #keys = new Map<string, KeyObject>();

  constructor(pems: readonly (string | Buffer)[]) {
    for (const pem of pems) {
      const key = createPublicKey(pem);
      this.#keys.set(idOf(key), key);
    }
  }

  /** @throws INVALID_CONFIG naming the file */
  static read(files: readonly string[]): TrustedKeys {
    return new TrustedKeys(
      files.map((file) =>
        readKey(file, 'a public Ed25519 key (openssl pkey -pubout)', (pem) => {
          if (createPublicKey(pem).asymmetricKeyType !== 'ed25519') throw new Error('another kind of key');
          return pem;
        }),
      ),
    );
  }

  /**
   * Whether a stored card says what a trusted trainer signed. Its weights are covered by their SHA-256 in the card.
   *
   * @param bytes the card as it is stored: what a reader does not know of is covered too
   * @throws MODEL_INVALID saying what is wrong
   */
  verify(version: string, bytes: Buffer): void {
    const wrong = this.#mistake(version, bytes);
    if (wrong === undefined) return;
    throw new SulcusError('MODEL_INVALID', `${version} ${wrong}: it is not served (SULCUS_TRUSTED_KEYS)`, {
      details: { version },
    });
  }

  #mistake(version: string, bytes: Buffer): string | undefined {
    const { signature, ...card } = parseObject(bytes);
    const { keyId, value } = (signature ?? {}) as Partial<CardSignature>;
    if (typeof keyId !== 'string' || typeof value !== 'string') return 'is not signed';
    const key = this.#keys.get(keyId);
    if (!key) return `is signed by the key ${keyId}, which is not trusted`;
    if (!verify(null, signedBytes(card), key, Buffer.from(value, 'base64'))) return 'was changed after it was signed';
    // The card of one version under the name of another one.
    return card['version'] === version ? undefined : `is the card of ${String(card['version'])}`;
  }
}

/** What is signed of a card: equal cards give equal bytes, in whatever order they were written. */
const signedBytes = (card: object): Buffer => Buffer.from(`sulcus model card v1\n${canonicalJson(card)}`);

const idOf = (key: KeyObject): string =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);

function parseObject(bytes: Buffer): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(bytes.toString());
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function readKey<T>(file: string, expected: string, use: (pem: Buffer) => T): T {
  try {
    return use(readFileSync(file));
  } catch {
    throw new SulcusError('INVALID_CONFIG', `${file}: expected ${expected} as PEM`);
  }
}
