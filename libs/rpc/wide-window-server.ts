import { Server, type ServerOptions } from '@grpc/grpc-js';
import type http2 from 'node:http2';
import { LIMITS } from '#libs/limits';
import type { ServerGuard } from './guard/server-guard.js';

/** Bytes a client may send before it must wait for the server's word, per call and per connection. */
export const RECEIVE_WINDOW_BYTES = 8 * 2 ** 20;

/** What grpc-js keeps to itself: there is no option for a server's receive window (grpc-node pull request 3058). */
interface ServerInternals {
  commonServerOptions: http2.ServerOptions;
  createHttp2Server(credentials: unknown): http2.Http2Server;
}

/**
 * A gRPC server whose clients may have 8 MiB under way. With HTTP/2's default of 64 KiB per round trip a site 40 ms
 * away uploads at most 1 MB/s, whatever its line can carry.
 *
 * @param onListener told of the HTTP/2 server of each address that is bound
 */
export function createWideWindowServer(
  options: ServerOptions,
  guard: ServerGuard,
  onListener: (listener: http2.Http2Server) => void = () => undefined,
): Server {
  const server = new Server({ ...options, interceptors: [guard.interceptor] });
  const internals = server as unknown as ServerInternals;

  // The window of each call is announced in the settings that the server sends first.
  internals.commonServerOptions.settings = {
    ...internals.commonServerOptions.settings,
    initialWindowSize: RECEIVE_WINDOW_BYTES,
    maxHeaderListSize: LIMITS.headerBytes.value,
  };
  internals.commonServerOptions.maxHeaderListPairs = LIMITS.headerCount.value;

  // The window of the whole connection can only be raised on the session itself.
  const createHttp2Server = internals.createHttp2Server.bind(server);
  internals.createHttp2Server = (credentials) => {
    const http2Server = createHttp2Server(credentials);
    http2Server.on('session', (session: http2.ServerHttp2Session) => session.setLocalWindowSize(RECEIVE_WINDOW_BYTES));
    guard.watchConnections(http2Server);
    onListener(http2Server);
    return http2Server;
  };
  return server;
}
