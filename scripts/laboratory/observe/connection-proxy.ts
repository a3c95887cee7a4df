import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { Way } from './way.js';

/** A connection through the proxy, as two halves. */
export interface Link {
  /** Who opened it. */
  client: string;
  near: Socket;
  far: Socket;
  toServer: Way;
  toClient: Way;
}

/** Stands between a server and its clients, and breaks their connections in the ways that networks do. */
export class ConnectionProxy {
  readonly #links = new Set<Link>();
  readonly #servers = new Set<Server>();
  /** Clients of whose connections nothing is passed on. */
  readonly #swallowed = new Set<string>();

  /** @param client whose connections they are, as far as is known before they say so */
  constructor(private readonly client: string) {}

  /** Takes connections on a port of loopback for a server on another; may be called for several. */
  async listen(port: number, serverPort: number): Promise<void> {
    const server = createServer((near) => this.#accept(near, serverPort)).listen(port, '127.0.0.1');
    await once(server, 'listening');
    this.#servers.add(server);
  }

  /** Accepts no more connections; those that are open stay. */
  stopListening(): void {
    for (const server of this.#servers) server.close();
    this.#servers.clear();
  }

  close(): void {
    this.stopListening();
    for (const link of this.#links) this.#drop(link);
  }

  /** Resets the connections of a client. */
  cut(client: string): void {
    for (const link of this.#of(client)) this.#drop(link);
  }

  /** Passes nothing on, in either direction, and does not say so. */
  swallow(client: string): void {
    for (const { toServer, toClient } of this.#of(client)) [toServer, toClient].forEach((way) => way.hold());
    this.#swallowed.add(client);
  }

  restore(client: string): void {
    this.#swallowed.delete(client);
    for (const { toServer, toClient } of this.#of(client)) [toServer, toClient].forEach((way) => way.release());
  }

  /** Makes everything late; 0: as before. */
  delay(client: string, latencyMs: number): void {
    for (const { toServer, toClient } of this.#of(client))
      [toServer, toClient].forEach((way) => (way.latencyMs = latencyMs));
  }

  /** What takes the bytes that a client sends on a new connection. */
  protected reader(link: Link): (bytes: Buffer) => void {
    this.identify(link, this.client);
    return (bytes) => link.toServer.pass(bytes);
  }

  /** Says whose connection it is: it is treated as the client's others from then on. */
  protected identify(link: Link, client: string): void {
    link.client = client;
    if (this.#swallowed.has(client)) [link.toServer, link.toClient].forEach((way) => way.hold());
  }

  #of(client: string): Link[] {
    return [...this.#links].filter((link) => link.client === client);
  }

  #accept(near: Socket, serverPort: number): void {
    const far = connect(serverPort, '127.0.0.1');
    const link: Link = { client: '', near, far, toServer: new Way(far), toClient: new Way(near) };
    this.#links.add(link);
    near.setNoDelay(true);
    far.setNoDelay(true);
    near.on('data', this.reader(link));
    far.on('data', (bytes: Buffer) => link.toClient.pass(bytes));
    for (const socket of [near, far]) socket.on('error', () => this.#drop(link)).on('close', () => this.#drop(link));
  }

  #drop(link: Link): void {
    if (!this.#links.delete(link)) return;
    link.toServer.close();
    link.toClient.close();
    link.near.resetAndDestroy();
    link.far.destroy();
  }
}
