import { credentials, Metadata, type ChannelCredentials } from '@grpc/grpc-js';
import { readTlsFiles, type ClientSecurity } from '#libs/access';
import { IpAddressCredentials, ipAddressOf } from './ip-address-credentials.js';

/**
 * What a client shows of itself and demands of servers.
 *
 * @param address `host:port` of the server
 * @throws INVALID_CONFIG for files that cannot be used
 */
export function channelCredentials({ tls, token }: ClientSecurity, address: string): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { certificate, key, authorities } = readTlsFiles(tls);
  const ipAddress = ipAddressOf(address);
  const channel =
    ipAddress === undefined
      ? credentials.createSsl(authorities ?? null, key ?? null, certificate ?? null)
      : new IpAddressCredentials(ipAddress, { ca: authorities, key, cert: certificate });
  if (token === undefined) return channel;
  return credentials.combineChannelCredentials(
    channel,
    credentials.createFromMetadataGenerator((_options, done) => {
      const metadata = new Metadata();
      metadata.set('authorization', `Bearer ${token}`);
      done(null, metadata);
    }),
  );
}
