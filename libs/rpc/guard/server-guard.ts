import type { ServerInterceptingCall, ServerInterceptingCallInterface, ServerInterceptor } from '@grpc/grpc-js';
import { Connections, peerOf } from '#libs/connections';
import { SulcusError } from '#libs/errors';
import { LIMITS } from '#libs/limits';
import { constants, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import { toFailureStatus } from '../error-mapping.js';
import { CallRate } from './call-rate.js';
import { IdleMemory } from './idle-memory.js';
import { createInflater } from './inflate.js';
import { InflatedMessages } from './inflated-messages.js';
import { UnfinishedMessages } from './unfinished-messages.js';
import { UnreadAnswers } from './unread-answers.js';

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
  readonly #unread = new UnreadAnswers(disconnect);
  readonly #rate = new CallRate();
  readonly #memory = new IdleMemory();
  readonly #connections = new Connections({
    all: LIMITS.connections.value,
    perPeer: LIMITS.connectionsPerPeer.value,
  });
  readonly #inflated = new InflatedMessages();
  readonly #inflate: ReturnType<typeof createInflater>;

  constructor(maxMessageBytes: number) {
    this.#inflate = createInflater(maxMessageBytes);
  }

  /** Sees every call before its handler does. */
  readonly interceptor: ServerInterceptor = (method, given) => {
    const call = given as CallInternals;
    const socket = call.stream.session?.socket;
    if (socket) call.stream.once('close', this.#connections.begin(socket));
    this.#unread.watch(call.stream);
    const identity = call.decompressMessage.bind(call);
    const inflated = this.#inflated.watch(call, (error) => endCall(call, error));
    call.decompressMessage = (message, encoding) => {
      if (encoding !== 'identity') return inflated.count(this.#inflate(message, encoding)).catch(asFailure);
      inflated.skip();
      return identity(message, encoding);
    };
    if (this.#rate.take(peerOf(socket?.remoteAddress)))
      this.#unfinished.watch(call.stream, (error) => endCall(call, error), { isOne: !method.requestStream });
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
      this.#unread.endIdle();
      this.#memory.look(this.#unfinished.lastFrameMs);
    }, LOOK_EVERY_MS).unref();
    http2Server.once('close', () => clearInterval(looking));
    this.#connections.watch(http2Server);
  }
}

/**
 * Ends the connection of a client that does not read its answers: of a call that is reset alone, Node keeps what was to
 * be sent as long as the connection is there.
 */
function disconnect(stream: ServerHttp2Stream): void {
  stream.session?.destroy(undefined, constants.NGHTTP2_ENHANCE_YOUR_CALM);
}

/** As grpc-js takes what decompressing throws. */
function asFailure(error: unknown): never {
  throw error instanceof SulcusError ? toFailureStatus(error) : error;
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
