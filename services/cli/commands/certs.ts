import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createAuthority, issueCertificate, remainingMs, type CertifiedKey, type Subject } from '#libs/access';
import { flag, integer, list } from '#libs/config';
import { writeDurablySync } from '#libs/durable-files';
import { SulcusError } from '#libs/errors';
import { createSigningKeys } from '#libs/registry';
import { parseCommandLine } from '#libs/service';

const OPTIONS = {
  sites: ['--sites <names>', list({ default: [], description: 'sites that send images, comma-separated' })],
  clients: ['--clients <names>', list({ default: [], description: 'applications that ask for predictions' })],
  hosts: [
    '--hosts <names>',
    list({ default: ['localhost', '127.0.0.1'], description: 'host names and addresses that the services answer at' }),
  ],
  days: ['--days <n>', integer({ min: 1, max: 3650, default: 90, description: 'how long certificates are valid' })],
  renew: ['--renew', flag({ default: false, description: 'make every certificate anew, by the same authority' })],
} as const;

/** The authority outlives what it signs. */
const AUTHORITY_DAYS = 3650;

/** A certificate that ends within this share of its time is made anew. */
const RENEW_SHARE = 1 / 3;
const DAY_MS = 86_400_000;

const SERVICES = ['ingest', 'predictor', 'nats'] as const;

const uriOf = (kind: string, name: string): string => `spiffe://sulcus/${kind}/${name}`;

/** `sulcus certs`: a development authority, with certificates of services, sites and clients and a policy for them. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = `Makes an authority for development, certificates that it signs for the services, for an \
operator, for sites and for clients, and an access policy that knows them. What is there stays; what ends soon is made \
anew, and running services take it into use. For a hospital's own authority, have it sign certificates with the same \
URIs.`;
  const parsed = parseCommandLine({ name: 'sulcus certs', description, operand: '<folder>', options: OPTIONS }, argv);
  if (!parsed) return;
  const { options, operands } = parsed;
  const [folder] = operands;
  if (folder === undefined || operands.length > 1)
    throw new SulcusError('INVALID_CONFIG', 'name one folder for the certificates');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const authority = authorityIn(folder);
  const subjects: Subject[] = [
    ...SERVICES.map((name) => ({ name, uri: uriOf('service', name), hosts: options.hosts })),
    { name: 'operator', uri: uriOf('operator', 'operator') },
    ...options.sites.map((name) => ({ name: `site-${name}`, uri: uriOf('site', name) })),
    ...options.clients.map((name) => ({ name: `client-${name}`, uri: uriOf('client', name) })),
  ];
  const made = subjects.filter((subject) => certify({ folder, authority, ...options }, subject));
  signingKeysIn(folder);
  const policy = path.join(folder, 'access-policy.json');
  if (!existsSync(policy)) writeFileSync(policy, `${JSON.stringify(policyFor(options), null, 2)}\n`);
  console.log(`${made.length} certificates made, ${subjects.length - made.length} kept, in ${folder}\n`);
  console.log(howTo(folder));
  await Promise.resolve();
}

function authorityIn(folder: string): CertifiedKey {
  const [certificate, key] = [path.join(folder, 'ca.pem'), path.join(folder, 'ca.key')];
  if (existsSync(certificate) && existsSync(key))
    return { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') };
  const authority = createAuthority('sulcus development authority', AUTHORITY_DAYS);
  write(folder, 'ca', authority);
  return authority;
}

/** The key that a trainer signs versions with, and the one by which predictors know them. */
function signingKeysIn(folder: string): void {
  if (existsSync(path.join(folder, 'signing.key'))) return;
  const { privateKey, publicKey } = createSigningKeys();
  writeDurablySync(path.join(folder, 'signing.pub'), publicKey, { mode: 0o644 });
  writeDurablySync(path.join(folder, 'signing.key'), privateKey, { mode: 0o600 });
}

/** @returns false when a certificate is there that is valid for long enough */
function certify(
  { folder, authority, days, renew }: { folder: string; authority: CertifiedKey; days: number; renew: boolean },
  subject: Subject,
): boolean {
  if (!/^[a-z0-9][a-z0-9-]{0,62}$/.test(subject.name))
    throw new SulcusError('INVALID_CONFIG', `"${subject.name}": expected lower-case letters, digits and '-'`);
  const file = path.join(folder, `${subject.name}.pem`);
  if (!renew && existsSync(file) && remainingMs(readFileSync(file, 'utf8')) > RENEW_SHARE * days * DAY_MS) return false;
  write(folder, subject.name, issueCertificate(authority, subject, days));
  return true;
}

/** The key first, so that nobody meets a certificate without it; readable by its owner alone. */
function write(folder: string, name: string, { certificate, key }: CertifiedKey): void {
  writeFileSync(path.join(folder, `${name}.key`), key, { mode: 0o600 });
  writeFileSync(path.join(folder, `${name}.pem`), certificate);
}

const policyFor = ({ sites, clients }: { sites: readonly string[]; clients: readonly string[] }): object => ({
  identities: [
    { uri: uriOf('operator', 'operator'), roles: ['predict', 'explain', 'upload', 'annotate', 'administer'] },
    ...sites.map((site) => ({ uri: uriOf('site', site), site, roles: ['upload', 'annotate', 'predict', 'explain'] })),
    ...clients.map((client) => ({ uri: uriOf('client', client), roles: ['predict'] })),
  ],
});

const howTo = (folder: string): string => `A service:
  SULCUS_TLS_CERTIFICATE=${path.join(folder, 'predictor.pem')} SULCUS_TLS_KEY=${path.join(folder, 'predictor.key')}
  SULCUS_TLS_CLIENT_CA=${path.join(folder, 'ca.pem')} SULCUS_ACCESS_POLICY=${path.join(folder, 'access-policy.json')}
A client:
  SULCUS_TLS_CERTIFICATE=${path.join(folder, 'operator.pem')} SULCUS_TLS_KEY=${path.join(folder, 'operator.key')}
  SULCUS_TLS_CA=${path.join(folder, 'ca.pem')}
The trainer, and every predictor of its versions:
  SULCUS_SIGNING_KEY=${path.join(folder, 'signing.key')}   SULCUS_TRUSTED_KEYS=${path.join(folder, 'signing.pub')}
Keep ca.key away from all of them.`;
