import { credentials, Metadata, type ChannelCredentials } from '@grpc/grpc-js';
import { readTlsFiles, type ClientSecurity } from '#libs/access';

/**
 * What a client shows of itself and demands of servers.
 *
 * @throws INVALID_CONFIG for files that cannot be used
 */
export function channelCredentials({ tls, token }: ClientSecurity): ChannelCredentials {
  if (!tls) return credentials.createInsecure();
  const { certificate = null, key = null, authorities = null } = readTlsFiles(tls);
  const channel = credentials.createSsl(authorities, key, certificate);
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
