import { EventEmitter, once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { FrameReader, type Frame } from './frames.js';
import { Way } from './way.js';

/** What a client sent to the broker. */
export interface Operation {
  /** Name that the client connected under: the service's. */
  client: string;
  subject: string;
  bytes: number;
}

/** Changes what a client sends: what it returns goes on to the broker. */
export type Tamper = (frame: Frame) => readonly Buffer[];

interface Link {
  client: string;
  near: Socket;
  far: Socket;
  toBroker: Way;
  toClient: Way;
}

/**
 * Stands between the broker and its clients. It reads what they send, so that a fault can strike at a known point of
 * the conversation, and it breaks connections in the ways that networks do.
 */
export class BrokerProxy extends EventEmitter<{ operation: [Operation] }> {
  readonly #links = new Set<Link>();
  readonly #servers = new Set<Server>();
  /** Clients whose connections are refused. */
  readonly #refused = new Set<string>();
  #tamper: { client: string; change: Tamper } | undefined;

  constructor() {
    super();
    this.setMaxListeners(0);
  }

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
    for (const { toBroker, toClient } of this.#of(client)) [toBroker, toClient].forEach((way) => way.hold());
    this.#refused.add(client);
  }

  restore(client: string): void {
    this.#refused.delete(client);
    for (const { toBroker, toClient } of this.#of(client)) [toBroker, toClient].forEach((way) => way.release());
  }

  /** Makes everything late; 0: as before. */
  delay(client: string, latencyMs: number): void {
    for (const { toBroker, toClient } of this.#of(client))
      [toBroker, toClient].forEach((way) => (way.latencyMs = latencyMs));
  }

  /** Lets a function change what a client sends, until it is replaced or taken away. */
  tamper(client: string, change: Tamper | undefined): void {
    this.#tamper = change && { client, change };
  }

  #of(client: string): Link[] {
    return [...this.#links].filter((link) => link.client === client);
  }

  #accept(near: Socket, serverPort: number): void {
    const far = connect(serverPort, '127.0.0.1');
    const link: Link = { client: '', near, far, toBroker: new Way(far), toClient: new Way(near) };
    this.#links.add(link);
    const frames = new FrameReader();
    near.setNoDelay(true);
    far.setNoDelay(true);
    near.on('data', (bytes: Buffer) => frames.push(bytes).forEach((frame) => this.#sent(link, frame)));
    far.on('data', (bytes: Buffer) => link.toClient.pass(bytes));
    for (const socket of [near, far]) socket.on('error', () => this.#drop(link)).on('close', () => this.#drop(link));
  }

  #sent(link: Link, frame: Frame): void {
    if (frame.verb === 'CONNECT') {
      link.client = (JSON.parse(frame.argument) as { name?: string }).name ?? '';
      if (this.#refused.has(link.client)) [link.toBroker, link.toClient].forEach((way) => way.hold());
    }
    const changed = this.#tamper?.client === link.client ? this.#tamper.change(frame) : [frame.bytes];
    for (const bytes of changed) link.toBroker.pass(bytes);
    if (frame.subject !== '')
      this.emit('operation', { client: link.client, subject: frame.subject, bytes: frame.bytes.length });
  }

  #drop(link: Link): void {
    if (!this.#links.delete(link)) return;
    link.toBroker.close();
    link.toClient.close();
    link.near.resetAndDestroy();
    link.far.destroy();
  }
}
