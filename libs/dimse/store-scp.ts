import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { SulcusError } from '#libs/errors';
import { reportKept } from './report-commitment.js';
import { addressOf, peerOf, ScpConnection } from './scp-connection.js';
import type { StoreScpOptions } from './scp-options.js';
import { createTlsServer } from './tls.js';

/** A storage and verification SCP (PS3.4 annexes A and B). */
export class StoreScp implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: StoreScpOptions;
  readonly #connections = new Set<ScpConnection>();
  /** Every connection, also those that have not come as far as an association. */
  readonly #sockets = new Set<Socket>();
  readonly #stop = new AbortController();
  /** Senders that were not told of their commitments before the last end. */
  #telling: Promise<void> = Promise.resolve();

  private constructor(options: StoreScpOptions) {
    this.#options = options;
    this.#server = options.tls
      ? createTlsServer(options.tls, {
          onConnection: (socket) => this.#connect(socket),
          onRenewal: (mistake) =>
            options.onNotice(
              mistake ? { kind: 'not-renewed', code: mistake.code, detail: mistake.rawMessage } : { kind: 'renewed' },
            ),
          signal: this.#stop.signal,
        })
      : createServer({ noDelay: true }, (socket) => this.#connect(socket));
    this.#server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('tlsClientError', (error: Error, socket: TLSSocket) => {
      options.onNotice({ kind: 'no-tls', callingAddress: addressOf(socket), detail: error.message });
      socket.destroy();
    });
  }

  /** @throws PORT_IN_USE; INVALID_CONFIG for an address that is not this machine's */
  static async start(options: StoreScpOptions): Promise<StoreScp> {
    const scp = new StoreScp(options);
    await new Promise<void>((resolve, reject) => {
      scp.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          new SulcusError(
            error.code === 'EADDRINUSE' ? 'PORT_IN_USE' : 'INVALID_CONFIG',
            `Cannot listen for DICOM on ${options.host}:${options.port}: ${error.message}`,
            { cause: error },
          ),
        ),
      );
      scp.#server.listen(options.port, options.host, resolve);
    });
    scp.#telling = reportKept(options, scp.#stop.signal).catch(() => undefined);
    return scp;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Associations that are open. */
  get associations(): number {
    return [...this.#connections].filter(({ isAssociated }) => isAssociated).length;
  }

  /** Takes no more associations, lets those that are open end, and cuts them off after `graceMs`. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#stop.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const open = new Set([...this.#connections].filter(({ isAssociated }) => isAssociated).map(({ peer }) => peer));
    for (const socket of this.#sockets) if (!open.has(peerOf(socket))) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await Promise.all([closed, this.#telling]);
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(0);
  }

  #connect(socket: Socket): void {
    const connection = new ScpConnection(
      socket,
      this.#options,
      () => this.#stop.signal.aborted || this.associations >= this.#options.maxAssociations,
      this.#stop.signal,
    );
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }
}
