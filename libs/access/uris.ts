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
