import { createHash, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { SulcusError } from '#libs/errors';
import type { Identity } from './identity.js';
import { requiredRole } from './methods.js';
import { ROLES, type Role } from './roles.js';

const entry = z
  .strictObject({
    /** URI of a certificate; a `*` at the end stands for any one segment. */
    uri: z
      .string()
      .regex(/^[a-z][a-z0-9+.-]*:[^\s*]+(\/\*)?$/, 'expected a URI, a * only as its last segment')
      .optional(),
    /** SHA-256 of a bearer token, 64 hexadecimal digits: the policy file itself opens nothing. */
    tokenSha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')
      .optional(),
    name: z.string().min(1).optional(),
    site: z.string().min(1).optional(),
    roles: z.array(z.enum(ROLES)).min(1),
  })
  .refine(({ uri, tokenSha256 }) => (uri === undefined) !== (tokenSha256 === undefined), {
    message: 'expected either "uri" or "tokenSha256"',
  })
  .refine(({ tokenSha256, name }) => tokenSha256 === undefined || name !== undefined, {
    message: 'a token needs a "name", which logs show',
  });

const schema = z.strictObject({ identities: z.array(entry) });

type Entry = z.infer<typeof entry>;

/** What a peer shows of itself. */
export interface Credentials {
  /** URIs of its certificate, which an authority that is trusted has signed. */
  readonly uris: readonly string[];
  /** Bearer token, if it sent one. */
  readonly token?: string | undefined;
}

/** Which peers exist and what each may do. What no entry allows is denied. */
export class AccessPolicy {
  readonly #entries: readonly Entry[];

  constructor(entries: readonly Entry[]) {
    this.#entries = entries;
  }

  /**
   * Reads a policy: JSON, `{"identities": [{"uri": "spiffe://sulcus/site/north", "site": "north", "roles": ["upload"]},
   * {"tokenSha256": "…", "name": "viewer", "roles": ["predict"]}]}`.
   *
   * @throws INVALID_CONFIG naming the file and every mistake
   */
  static read(file: string): AccessPolicy {
    let parsed: unknown;
    try {
      parsed = JSON.parse(readFileSync(file, 'utf8'));
    } catch (error) {
      throw new SulcusError('INVALID_CONFIG', `The access policy ${file} cannot be read: ${(error as Error).message}`);
    }
    const result = schema.safeParse(parsed);
    if (result.success) return new AccessPolicy(result.data.identities);
    const mistakes = result.error.issues.map(({ path, message }) => `${path.join('.') || 'policy'}: ${message}`);
    throw new SulcusError('INVALID_CONFIG', `The access policy ${file} is wrong: ${mistakes.join('; ')}`);
  }

  get usesTokens(): boolean {
    return this.#entries.some(({ tokenSha256 }) => tokenSha256 !== undefined);
  }

  /** The peer that credentials belong to, with the roles of every entry that fits; undefined: none fits. */
  identify({ uris, token }: Credentials): Identity | undefined {
    const tokenHash = token === undefined ? undefined : hashOfToken(token);
    const fitting = this.#entries.filter(
      (each) => uris.some((uri) => fitsUri(each, uri)) || (tokenHash !== undefined && fitsToken(each, tokenHash)),
    );
    if (fitting.length === 0) return undefined;
    const byUri = uris.find((uri) => fitting.some((each) => fitsUri(each, uri)));
    const sites = new Set(fitting.map(({ site }) => site));
    return {
      name: byUri ?? fitting[0]!.name ?? 'unnamed',
      // Who belongs to two sites by two entries belongs to none alone: the narrower reading denies.
      site: sites.size === 1 ? fitting[0]!.site : '',
      roles: new Set(fitting.flatMap(({ roles }) => roles)),
    };
  }

  /**
   * Whether a peer may call a method.
   *
   * @throws UNAUTHENTICATED without a known identity; PERMISSION_DENIED naming the role that is missing
   */
  authorize(method: string, credentials: Credentials): Identity {
    const identity = this.identify(credentials);
    if (!identity) throw new SulcusError('UNAUTHENTICATED', whyUnknown(credentials));
    requireRole(identity, requiredRole(method), method);
    return identity;
  }
}

/** @throws PERMISSION_DENIED naming the role that is missing */
export function requireRole({ name, roles }: Identity, role: Role | null, what: string): void {
  if (role === null || roles.has(role)) return;
  throw new SulcusError('PERMISSION_DENIED', `${name} may not call ${what}: it lacks the role "${role}"`);
}

/** What a policy holds of a token. */
export const hashOfToken = (token: string): string => createHash('sha256').update(token).digest('hex');

function fitsUri({ uri: pattern }: Entry, uri: string): boolean {
  if (pattern === undefined) return false;
  if (!pattern.endsWith('/*')) return pattern === uri;
  const prefix = pattern.slice(0, -1);
  return uri.startsWith(prefix) && uri.length > prefix.length && !uri.slice(prefix.length).includes('/');
}

const fitsToken = ({ tokenSha256 }: Entry, hash: string): boolean =>
  tokenSha256 !== undefined && timingSafeEqual(Buffer.from(tokenSha256), Buffer.from(hash));

function whyUnknown({ uris, token }: Credentials): string {
  if (uris.length > 0) return `The access policy knows no ${uris.slice(0, 3).join(', ')}`;
  if (token !== undefined) return 'The access policy does not know this token';
  return 'Show a client certificate with a URI, or a bearer token in the metadata "authorization"';
}
