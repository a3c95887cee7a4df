import { isIPv6 } from 'node:net';

/** Groups of an IPv6 address that name a network, of which one household has a whole one (RFC 6177, RFC 4291 2.5.4). */
const NETWORK_GROUPS = 4;

/**
 * Whom an address stands for: itself, of IPv6 its network of 64 bits, within which anybody has as many as he likes.
 *
 * @param address as Node gives it; undefined for a socket that has closed
 */
export function peerOf(address: string | undefined): string {
  if (address === undefined) return '';
  const mapped = /^::ffff:(\d+(?:\.\d+){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [front = '', back] = address.replace(/%.*$/, '').split('::');
  const groups = front === '' ? [] : front.split(':');
  const behind = back === undefined || back === '' ? [] : back.split(':');
  const zeros = Array<string>(back === undefined ? 0 : Math.max(0, 8 - groups.length - behind.length)).fill('0');
  return [...groups, ...zeros, ...behind]
    .slice(0, NETWORK_GROUPS)
    .map((group) => group.toLowerCase())
    .join(':');
}
