import { ServerCredentials } from '@grpc/grpc-js';
import {
  isForAnySite,
  readTlsFiles,
  requireRole,
  requireSecurity,
  urisOfPeer,
  watchTlsFiles,
  type Identity,
  type Role,
  type ServerSecurity,
} from '#libs/access';
import { SulcusError } from '#libs/errors';
import type { Logger } from '#libs/telemetry';
import type { SecureContextOptions } from 'node:tls';
import type { CallContext, ServerCall } from './call-context.js';

/** Without any word of TLS or identity a server is for this machine alone. */
export const LOOPBACK_ONLY: ServerSecurity = { insecure: false };

/**
 * What a server shows of itself and demands of its clients.
 *
 * @throws INVALID_CONFIG for files that cannot be used, and for an address that needs them
 */
export function serverCredentials(address: string, security: ServerSecurity): ServerCredentials {
  requireSecurity(address, security);
  if (!security.tls) return ServerCredentials.createInsecure();
  const { certificate, key, authorities } = readTlsFiles(security.tls);
  return ServerCredentials.createSsl(
    authorities ?? null,
    [{ cert_chain: certificate!, private_key: key! }],
    authorities !== undefined,
  );
}

/** A server whose certificate can be replaced. */
export interface Renewable {
  setSecureContext?(options: SecureContextOptions): void;
}

/** Takes renewed certificates into use without a restart: connections that stand keep the old ones. */
export function renewCertificates(
  servers: readonly Renewable[],
  { tls }: ServerSecurity,
  { log, signal }: { log: Logger; signal: AbortSignal },
): void {
  if (!tls) return;
  watchTlsFiles(tls, {
    signal,
    onChange: ({ certificate, key, authorities }) => {
      for (const server of servers) server.setSecureContext?.({ cert: certificate, key, ca: authorities });
      log.info({ certificate: tls.certificate }, 'the certificate was renewed');
    },
    onMistake: ({ code, rawMessage }) =>
      log.error({ code, reason: rawMessage }, 'new TLS files cannot be used; the old ones stay in use'),
  });
}

/** Who calls, and whether it may. Undefined: nobody is asked who they are. */
export type Authorize = (call: ServerCall, method: string) => Identity;

/**
 * @param site whose data the server takes in; undefined: any
 * @throws (when called) UNAUTHENTICATED, PERMISSION_DENIED
 */
export function authorizeBy({ policy }: ServerSecurity, site?: string): Authorize | undefined {
  if (!policy) return undefined;
  return (call, method) => {
    const uris = urisOfPeer(call.getAuthContext().sslPeerCertificate);
    const [authorization] = call.metadata.get('authorization');
    const token = typeof authorization === 'string' ? /^Bearer (\S+)$/i.exec(authorization)?.[1] : undefined;
    const identity = policy.authorize(method, { uris, token });
    if (site !== undefined && identity.site !== undefined && identity.site !== site && !isForAnySite(method))
      throw new SulcusError('PERMISSION_DENIED', `${identity.name} may not send for the site "${site}"`);
    return identity;
  };
}

/** Role that a request message needs beside that of its method; null: none. */
export type MessageRole = (method: string, message: never) => Role | null;

interface MessageRules {
  readonly messageRole?: MessageRole | undefined;
}

/** @throws PERMISSION_DENIED when who calls lacks the role that the message needs */
export function checkedMessage<T>(message: T, { identity, method }: CallContext, { messageRole }: MessageRules): T {
  if (identity && messageRole) requireRole(identity, messageRole(method, message as never), method);
  return message;
}

/** The messages of a stream, each checked as it comes; as they are where there is nothing to check. */
export const checkedMessages = <T>(
  messages: AsyncIterable<T>,
  context: CallContext,
  rules: MessageRules,
): AsyncIterable<T> => (context.identity && rules.messageRole ? checkEach(messages, context, rules) : messages);

async function* checkEach<T>(messages: AsyncIterable<T>, context: CallContext, rules: MessageRules): AsyncGenerator<T> {
  for await (const message of messages) yield checkedMessage(message, context, rules);
}
