import { SulcusError } from '#libs/errors';

/**
 * URIs among the alternative names of a certificate (RFC 5280, 4.2.1.6), from Node's text of them. Node quotes a name
 * that holds a comma or a quote, which no URI of ours does, so that one name cannot look like two.
 *
 * @param subjectAltName for example `URI:spiffe://sulcus/site/north, DNS:localhost`
 */
export function urisOfCertificate(subjectAltName: string | undefined): string[] {
  return (subjectAltName ?? '')
    .split(', ')
    .filter((name) => /^URI:[^",\s]+$/.test(name))
    .map((name) => name.slice('URI:'.length));
}

/** What Node says of the certificate of a peer. */
export interface ShownCertificate {
  subjectaltname?: string | undefined;
  /** As OpenSSL prints it, for example `Nov 30 18:50:00 2026 GMT`. */
  valid_to?: string | undefined;
}

/**
 * URIs of a peer's certificate; none where it showed none. A connection stands for as long as its peer likes, a
 * certificate is verified when it begins.
 *
 * @throws UNAUTHENTICATED for a certificate that has ended since
 */
export function urisOfPeer(certificate: ShownCertificate | undefined, nowMs: number = Date.now()): string[] {
  const { subjectaltname, valid_to: end } = certificate ?? {};
  if (end !== undefined && Date.parse(end) < nowMs)
    throw new SulcusError('UNAUTHENTICATED', `The certificate of this connection ended on ${end}: connect anew`);
  return urisOfCertificate(subjectaltname);
}
