import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import {
  readTlsFiles,
  requireSecurity,
  urisOfPeer,
  watchTlsFiles,
  type Identity,
  type ServerSecurity,
} from '#libs/access';
import { Connections } from '#libs/connections';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import type { Logger } from '#libs/telemetry';
import { Bodies } from './bodies.js';
import type { HttpAnswer, Route } from './route.js';
import { httpStatusOf } from './status.js';

export interface HttpServerConfig {
  /** `host:port`; port 0 takes a free one. */
  address: string;
  /** Environment variable that sets the address: named when the port is taken. */
  addressVariable: string;
  routes: readonly Route[];
  security: ServerSecurity;
  /** The site that it takes things in for: peers of another site are denied. */
  site: string;
  log: Logger;
}

export interface HttpServer {
  /** `host:port` as clients on this machine reach it. */
  readonly address: string;
  /** Takes no more calls, lets those that run end, and cuts them off after `graceMs`. */
  stop(graceMs?: number): Promise<void>;
}

const HEADERS_MS = 10_000;
const RETRY_AFTER_SECONDS = 30;

/**
 * @throws PORT_IN_USE; INVALID_CONFIG for an address that cannot be bound, or that others reach without TLS and
 * identity
 */
export async function startHttpServer(config: HttpServerConfig): Promise<HttpServer> {
  const { address, security, log } = config;
  requireSecurity(address, security);
  const running = new Set<Promise<void>>();
  const server = createListener(config, running);
  await listen(server, config);
  const stopRenewing = new AbortController();
  if (security.tls)
    watchTlsFiles(security.tls, {
      signal: stopRenewing.signal,
      onChange: ({ certificate, key, authorities }) =>
        (server as ReturnType<typeof createTlsServer>).setSecureContext({ cert: certificate, key, ca: authorities }),
      onMistake: ({ code, rawMessage }) =>
        log.error({ code, reason: rawMessage }, 'new TLS files cannot be used; the old ones stay in use'),
    });
  const { port } = server.address() as AddressInfo;
  const host = address.slice(0, address.lastIndexOf(':'));
  return {
    address: `${/^(0\.0\.0\.0|\[::\])$/.test(host) ? '127.0.0.1' : host}:${port}`,
    stop: async (graceMs = 10_000) => {
      stopRenewing.abort();
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      await Promise.allSettled(running);
      server.closeIdleConnections();
      await closed;
      clearTimeout(cutOff);
    },
  };
}

function createListener(config: HttpServerConfig, running: Set<Promise<void>>): Server {
  const bodies = new Bodies();
  const connections = new Connections({
    all: LIMITS.httpConnections.value,
    perPeer: LIMITS.httpConnectionsPerPeer.value,
  });
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    response.once('close', connections.begin(request.socket));
    const call = serve(config, bodies, request, response).finally(() => running.delete(call));
    running.add(call);
  };
  // A study may take minutes: what is bounded is the time in which nothing comes.
  const options = { requestTimeout: 0, headersTimeout: HEADERS_MS, keepAliveTimeout: 5_000 };
  const { tls } = config.security;
  const material = tls && readTlsFiles(tls);
  const server = material
    ? createTlsServer(
        {
          ...options,
          cert: material.certificate,
          key: material.key,
          ca: material.authorities,
          requestCert: material.authorities !== undefined,
          rejectUnauthorized: material.authorities !== undefined,
        },
        onRequest,
      )
    : createPlainServer(options, onRequest);
  connections.watch(server);
  server.setTimeout(LIMITS.httpIdleMs.value, (socket) => socket.destroy());
  return server;
}

function listen(server: Server, { address, addressVariable }: HttpServerConfig): Promise<void> {
  const [, host = '', port = ''] = /^(.+):(\d+)$/.exec(address) ?? [];
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new SulcusError(
          error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'INVALID_CONFIG',
          `Cannot listen on ${address} (${error.message}): set ${addressVariable} to another address`,
          { cause: error },
        ),
      ),
    );
    server.listen(Number(port), host.replace(/^\[|\]$/g, ''), resolve);
  });
}

async function serve(
  config: HttpServerConfig,
  bodies: Bodies,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { routes, log } = config;
  const gone = new AbortController();
  response.once('close', () => gone.abort(new SulcusError('CANCELLED', 'The client ended the call')));
  const path = (request.url ?? '').split('?')[0]!;
  const fitting = routes.filter((route) => route.path.test(path));
  const route = fitting.find(({ method }) => method === request.method);
  try {
    if (fitting.length === 0) throw new SulcusError('NOT_FOUND', `There is no ${path.slice(0, 200)}`);
    if (!route) return send(request, response, methodNotAllowed(fitting));
    const identity = identify(config, route.operation, request);
    const params = route.path.exec(path)!.slice(1);
    const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
    const answer = await bodies.receive(request, gone.signal, (body, signal) =>
      route.handle({ request, body, params, identity, peer, signal }),
    );
    send(request, response, answer);
  } catch (thrown) {
    if (gone.signal.aborted) return;
    const error = SulcusError.from(thrown);
    if (error.code === 'INTERNAL') log.error({ err: thrown, path }, 'a call has failed');
    send(request, response, route?.onError?.(error) ?? answerOf(error));
  }
}

/** @throws UNAUTHENTICATED, PERMISSION_DENIED */
function identify(
  { security, site }: HttpServerConfig,
  operation: string,
  request: IncomingMessage,
): Identity | undefined {
  const { policy } = security;
  if (!policy) return undefined;
  const certificate = request.socket instanceof TLSSocket ? request.socket.getPeerCertificate() : undefined;
  const token = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const identity = policy.authorize(operation, { uris: urisOfPeer(certificate), token });
  if (identity.site !== undefined && identity.site !== site)
    throw new SulcusError('PERMISSION_DENIED', `${identity.name} may not send for the site "${site}"`);
  return identity;
}

const methodNotAllowed = (fitting: readonly Route[]): HttpAnswer => ({
  status: 405,
  headers: { allow: fitting.map(({ method }) => method).join(', ') },
  body: { code: 'UNIMPLEMENTED', message: 'There is no such method here' },
});

function answerOf(error: SulcusError): HttpAnswer {
  // The text of what nobody foresaw may name paths or data.
  const message = error.code === 'INTERNAL' ? 'The request could not be completed' : error.rawMessage;
  return { status: httpStatusOf(error), body: { code: error.code, message } };
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, contentType, headers, body }: HttpAnswer,
): void {
  if (response.headersSent || response.destroyed) return;
  const text = Buffer.from(typeof body === 'string' ? body : `${JSON.stringify(body)}\n`);
  response.writeHead(status, {
    'content-type': contentType ?? 'application/json',
    'content-length': text.length,
    'cache-control': 'no-store',
    ...(status === 503 ? { 'retry-after': String(RETRY_AFTER_SECONDS) } : {}),
    // What has not been read of the request would be taken for the next one.
    ...(request.complete ? {} : { connection: 'close' }),
    ...headers,
  });
  response.end(text);
}
