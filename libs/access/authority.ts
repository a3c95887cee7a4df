import { generateKeyPairSync } from 'node:crypto';
import { createRequire } from 'node:module';
import type Forge from 'node-forge';
import { serialNumber } from './serial-number.js';

/** Taken by every TLS library and by every HSM of a hospital that may have to hold it. */
const KEY_BITS = 2048;
const DAY_MS = 86_400_000;
/** Clocks that are behind by less do not refuse a new certificate. */
const CLOCK_SKEW_MS = 300_000;

let loaded: typeof Forge | undefined;

/** Loaded when it is used: most processes make no certificates, and it takes as long to load as a lib of ours. */
const forge = (): typeof Forge => (loaded ??= createRequire(import.meta.url)('node-forge') as typeof Forge);

/** A certificate and its private key (PKCS #8), as PEM. */
export interface CertifiedKey {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate is for. */
export interface Subject {
  /** For people: the common name. */
  readonly name: string;
  /** URI by which an access policy knows it. */
  readonly uri: string;
  /** Host names and IP addresses that it answers at; none for one that only calls. */
  readonly hosts?: readonly string[];
}

/**
 * Makes an authority for development: one key that signs the certificates of services and sites (RFC 5280).
 *
 * @param days how long it is valid
 */
export function createAuthority(name: string, days: number): CertifiedKey {
  const { key, certificate } = newCertificate(name, days);
  certificate.setIssuer(certificate.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ]);
  return signed(certificate, key, key);
}

/** Makes a key and has the authority certify it, for both ends of a connection: services call each other too. */
export function issueCertificate(
  authority: CertifiedKey,
  { name, uri, hosts = [] }: Subject,
  days: number,
): CertifiedKey {
  const { key, certificate } = newCertificate(name, days);
  const issuer = forge().pki.certificateFromPem(authority.certificate);
  certificate.setIssuer(issuer.subject.attributes);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
    { name: 'subjectAltName', altNames: [{ type: ALT_NAME.uri, value: uri }, ...hosts.map(altNameOf)] },
    { name: 'authorityKeyIdentifier', keyIdentifier: issuer.generateSubjectKeyIdentifier().getBytes() },
  ]);
  return signed(certificate, key, authority.key);
}

/** Milliseconds until a certificate ends; negative: it has. */
export const remainingMs = (certificate: string): number =>
  forge().pki.certificateFromPem(certificate).validity.notAfter.getTime() - Date.now();

/** Kinds of alternative name (RFC 5280, GeneralName). */
const ALT_NAME = { dns: 2, uri: 6, ip: 7 } as const;

const altNameOf = (host: string): object =>
  /^[\d.]+$|:/.test(host) ? { type: ALT_NAME.ip, ip: host } : { type: ALT_NAME.dns, value: host };

function newCertificate(name: string, days: number): { key: string; certificate: Forge.pki.Certificate } {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', {
    modulusLength: KEY_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge().pki.createCertificate();
  certificate.publicKey = forge().pki.publicKeyFromPem(publicKey);
  certificate.serialNumber = serialNumber();
  certificate.validity.notBefore = new Date(Date.now() - CLOCK_SKEW_MS);
  certificate.validity.notAfter = new Date(Date.now() + days * DAY_MS);
  certificate.setSubject([{ name: 'commonName', value: name }]);
  return { key: privateKey, certificate };
}

function signed(certificate: Forge.pki.Certificate, key: string, signingKey: string): CertifiedKey {
  certificate.sign(forge().pki.privateKeyFromPem(signingKey), forge().md.sha256.create());
  return { certificate: forge().pki.certificateToPem(certificate), key };
}
