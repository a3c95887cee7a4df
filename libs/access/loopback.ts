import { SulcusError } from '#libs/errors';
import type { ServerSecurity } from './environment.js';

/** Whether only this machine reaches an address `host:port`. */
export const isLoopback = (address: string): boolean =>
  /^(?:dns:\/*)?(?:localhost|127(?:\.\d+){3}|\[::1\]):\d+$/i.test(address);

/**
 * Refuses an address that others reach unless peers are encrypted and known, or somebody says that this is meant.
 *
 * @throws INVALID_CONFIG saying what to set
 */
export function requireSecurity(address: string, { tls, policy, insecure }: ServerSecurity): void {
  if (isLoopback(address) || insecure || (tls && policy)) return;
  const missing = [
    ...(tls ? [] : ['SULCUS_TLS_CERTIFICATE and SULCUS_TLS_KEY']),
    ...(policy ? [] : ['SULCUS_ACCESS_POLICY']),
  ];
  throw new SulcusError(
    'INVALID_CONFIG',
    `${address} is reached from other machines: set ${missing.join(' and ')} (sulcus certs makes a first set), ` +
      'listen on 127.0.0.1, or set SULCUS_INSECURE=true where the network itself keeps everybody else out',
  );
}
