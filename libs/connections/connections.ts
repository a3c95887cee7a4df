import type { Server, Socket } from 'node:net';
import { peerOf } from './peer-of.js';

/** How many connections a server has at the same time. */
export interface ConnectionBounds {
  readonly all: number;
  /** From one address. */
  readonly perPeer: number;
}

/** Where a socket leads, whatever wraps it. */
type Endpoint = Pick<Socket, 'remoteAddress' | 'remotePort'>;

interface Connection {
  readonly key: string;
  readonly socket: Socket;
  readonly peer: string;
  /** Calls under way. */
  calls: number;
  /** Whether anything was ever asked on it. */
  isUsed: boolean;
  quietSinceMs: number;
}

/** Whoever has been quiet for less may be in the middle of a handshake. */
const GIVES_WAY_AFTER_MS = 1000;

/**
 * Bounds the connections of a server. Whoever connects and asks for nothing keeps nobody out: a connection on which
 * nothing is under way makes room for a new one, before others one on which nothing ever was.
 */
export class Connections {
  readonly #bounds: ConnectionBounds;
  readonly #held = new Map<string, Connection>();
  readonly #perPeer = new Map<string, number>();

  constructor(bounds: ConnectionBounds) {
    this.#bounds = bounds;
  }

  get count(): number {
    return this.#held.size;
  }

  /** Bounds the connections of a server from now on. */
  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.#take(socket));
  }

  /** Says that something is under way on a connection. @returns what says that it has ended, called once */
  begin(endpoint: Endpoint): () => void {
    const connection = this.#held.get(connectionKey(endpoint));
    if (!connection) return () => undefined;
    connection.calls++;
    connection.isUsed = true;
    return () => {
      connection.calls--;
      connection.quietSinceMs = performance.now();
    };
  }

  #take(socket: Socket): void {
    const peer = peerOf(socket.remoteAddress);
    const ofPeer = this.#perPeer.get(peer) ?? 0;
    const isPeerFull = ofPeer >= this.#bounds.perPeer;
    if ((isPeerFull || this.#held.size >= this.#bounds.all) && !this.#makeRoom(isPeerFull ? peer : undefined))
      return void socket.destroy();
    const key = connectionKey(socket);
    this.#held.set(key, { key, socket, peer, calls: 0, isUsed: false, quietSinceMs: performance.now() });
    this.#perPeer.set(peer, (this.#perPeer.get(peer) ?? 0) + 1);
    socket.once('close', () => this.#forget(key, socket));
  }

  /** @param peer whose connections alone may go @returns whether one went */
  #makeRoom(peer: string | undefined): boolean {
    const nowMs = performance.now();
    let first: Connection | undefined;
    for (const connection of this.#held.values()) {
      if (connection.calls > 0 || nowMs - connection.quietSinceMs < GIVES_WAY_AFTER_MS) continue;
      if (peer !== undefined && connection.peer !== peer) continue;
      if (!first || this.#goesBefore(connection, first)) first = connection;
    }
    if (!first) return false;
    this.#forget(first.key, first.socket);
    first.socket.destroy();
    return true;
  }

  #goesBefore(one: Connection, other: Connection): boolean {
    if (one.isUsed !== other.isUsed) return other.isUsed;
    const [ofOne, ofOther] = [this.#perPeer.get(one.peer)!, this.#perPeer.get(other.peer)!];
    return ofOne === ofOther ? one.quietSinceMs < other.quietSinceMs : ofOne > ofOther;
  }

  #forget(key: string, socket: Socket): void {
    const connection = this.#held.get(key);
    if (connection?.socket !== socket) return;
    this.#held.delete(key);
    const left = this.#perPeer.get(connection.peer)! - 1;
    if (left === 0) this.#perPeer.delete(connection.peer);
    else this.#perPeer.set(connection.peer, left);
  }
}

/** Tells connections apart; the same for what is encrypted and what carries it. */
export const connectionKey = ({ remoteAddress, remotePort }: Endpoint): string => `${remoteAddress}|${remotePort}`;
