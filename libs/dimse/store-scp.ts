import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { connectionKey } from '#libs/connections';
import { SulcusError } from '#libs/errors';
import { reportKept } from './report-commitment.js';
import { addressOf, ScpConnection } from './scp-connection.js';
import { ObjectRoom } from './object-room.js';
import type { ScpNotice, StoreScpOptions } from './scp-options.js';
import { createTlsServer } from './tls.js';

const ASSOCIATION_TIMEOUT_MS = 30_000;
/** Connections without an association, at most: the one that has waited longest makes room. */
const MAX_WAITING = 64;

/** A storage and verification SCP (PS3.4 annexes A and B). */
export class StoreScp implements AsyncDisposable {
  readonly #server: Server;
  readonly #options: StoreScpOptions;
  readonly #connections = new Set<ScpConnection>();
  /** Every connection, also those that have not come as far as an association. */
  readonly #sockets = new Set<Socket>();
  readonly #room: ObjectRoom;
  readonly #stop = new AbortController();
  readonly #noticed: Partial<Record<ScpNotice['kind'], number>> = {};
  /** Senders that were not told of their commitments before the last end. */
  #telling: Promise<void> = Promise.resolve();

  private constructor(given: StoreScpOptions) {
    const options = { ...given, onNotice: (notice: ScpNotice) => this.#count(notice, given) };
    this.#options = options;
    this.#room = new ObjectRoom(options.objectsBytes);
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
    this.#server.on('connection', (socket: Socket) => this.#await(socket));
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
    scp.#telling = reportKept(scp.#options, scp.#stop.signal).catch(() => undefined);
    return scp;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Associations that are open. */
  get associations(): number {
    return [...this.#connections].filter(({ hasAssociation }) => hasAssociation).length;
  }

  /** How often something was noticed since the start, by its kind. */
  get noticed(): Readonly<Partial<Record<ScpNotice['kind'], number>>> {
    return this.#noticed;
  }

  /** Takes no more associations, lets those that are open end, and cuts them off after `graceMs`. */
  async stop(graceMs = 10_000): Promise<void> {
    this.#stop.abort();
    const closed = new Promise((resolve) => this.#server.close(resolve));
    const open = new Set([...this.#connections].filter(({ isAssociated }) => isAssociated).map(({ key }) => key));
    for (const socket of this.#sockets) if (!open.has(connectionKey(socket))) socket.destroy();
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
    }, graceMs);
    await Promise.all([closed, this.#telling]);
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(0);
  }

  #count(notice: ScpNotice, { onNotice }: StoreScpOptions): void {
    this.#noticed[notice.kind] = (this.#noticed[notice.kind] ?? 0) + 1;
    onNotice(notice);
  }

  /** Connects and asks for nothing, or for nothing more: who does so may not take the places of those who send. */
  #await(socket: Socket): void {
    this.#sockets.add(socket);
    const { associationTimeoutMs = ASSOCIATION_TIMEOUT_MS } = this.#options;
    const timer = setTimeout(
      () => this.#endWaiting(socket, `none in ${associationTimeoutMs} ms`),
      associationTimeoutMs,
    );
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
    const waiting = [...this.#sockets].filter((one) => !this.#isAssociated(one));
    if (waiting.length > MAX_WAITING) this.#endWaiting(waiting[0]!, `more than ${MAX_WAITING} connections have none`);
  }

  #isAssociated(socket: Socket): boolean {
    const key = connectionKey(socket);
    return [...this.#connections].some((connection) => connection.hasAssociation && connection.key === key);
  }

  #endWaiting(socket: Socket, detail: string): void {
    if (this.#isAssociated(socket)) return;
    this.#options.onNotice({ kind: 'no-association', callingAddress: addressOf(socket), detail });
    socket.destroy();
  }

  #connect(socket: Socket): void {
    const connection = new ScpConnection(
      socket,
      this.#options,
      this.#room,
      () => this.#stop.signal.aborted || this.associations >= this.#options.maxAssociations,
      this.#stop.signal,
    );
    this.#connections.add(connection);
    socket.on('close', () => this.#connections.delete(connection));
  }
}
