import type { ServerInterceptingCall, ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import { constants, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import { toFailureStatus } from '../error-mapping.js';
import { CallRate } from './call-rate.js';
import { IdleMemory } from './idle-memory.js';
import { createInflater } from './inflate.js';
import { UnfinishedMessages } from './unfinished-messages.js';

/** Between two looks for what does not move. */
const LOOK_EVERY_MS = 1000;
/** A client that has its status and goes on sending is cut off after this. */
const ENDS_ITSELF_MS = 1000;

/** What grpc-js keeps to itself of a call. */
interface CallInternals extends ServerInterceptingCallInterface {
  readonly stream: ServerHttp2Stream;
  readonly decoder: { readPartialMessage: Buffer[] };
  decompressMessage(message: Buffer, encoding: string): Promise<Buffer> | Buffer;
}

/** Bounds what the peers of one server can make it hold and do, below and in front of the handlers. */
export class ServerGuard {
  readonly #unfinished = new UnfinishedMessages();
  readonly #rate = new CallRate();
  readonly #memory = new IdleMemory();
  readonly #inflate: ReturnType<typeof createInflater>;

  constructor(maxMessageBytes: number) {
    this.#inflate = createInflater(maxMessageBytes);
  }

  /** Sees every call before its handler does. */
  readonly interceptor: ServerInterceptor = (_method, given) => {
    const call = given as CallInternals;
    const identity = call.decompressMessage.bind(call);
    call.decompressMessage = (message, encoding) =>
      encoding === 'identity' ? identity(message, encoding) : this.#inflate(message, encoding);
    if (this.#rate.take(call.getPeer().replace(/:\d+$/, '')))
      this.#unfinished.watch(call.stream, (error) => endCall(call, error));
    else
      endCall(
        call,
        new SulcusError(
          'BACKPRESSURE',
          `More than ${LIMITS.callsPerPeerPerSecond.value} calls per second come from this address: call less often`,
        ),
      );
    return given as ServerInterceptingCall; // the call itself goes on
  };

  /** Bounds connections, and looks for what does not move until the server closes. */
  watchConnections(http2Server: Http2Server): void {
    const looking = setInterval(() => {
      this.#unfinished.endIdle();
      this.#memory.look(this.#unfinished.lastFrameMs);
    }, LOOK_EVERY_MS).unref();
    http2Server.once('close', () => clearInterval(looking));
    http2Server.maxConnections = LIMITS.connections.value;
    const perPeer = new Map<string, number>();
    http2Server.on('connection', (socket: Socket) => {
      const peer = socket.remoteAddress ?? '';
      const count = (perPeer.get(peer) ?? 0) + 1;
      if (count > LIMITS.connectionsPerPeer.value) {
        socket.destroy();
        return;
      }
      perPeer.set(peer, count);
      socket.once('close', () => {
        const left = perPeer.get(peer)! - 1;
        if (left === 0) perPeer.delete(peer);
        else perPeer.set(peer, left);
      });
    });
  }
}

/**
 * Ends a call from outside of its handler, which sees a client that has left. A reset that came with the status could
 * hang clients on Node 20 when they close the connection: they end their side themselves.
 */
function endCall(call: CallInternals, error: SulcusError): void {
  call.sendStatus(toFailureStatus(error));
  call.decoder.readPartialMessage = []; // what has come of the message is of no use, and goes at once
  const { stream } = call;
  const reset = setTimeout(() => stream.close(constants.NGHTTP2_NO_ERROR), ENDS_ITSELF_MS).unref();
  stream.once('close', () => clearTimeout(reset));
}
