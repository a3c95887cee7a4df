import { EventEmitter } from 'node:events';
import { ConnectionProxy, type Link } from './connection-proxy.js';
import { FrameReader, type Frame } from './frames.js';

/** What a client sent to the broker. */
export interface Operation {
  /** Name that the client connected under: the service's. */
  client: string;
  subject: string;
  bytes: number;
}

/** Changes what a client sends: what it returns goes on to the broker. */
export type Tamper = (frame: Frame) => readonly Buffer[];

/**
 * Stands between the broker and its clients and reads what they send, so that a fault can strike at a known point of
 * the conversation.
 */
export class BrokerProxy extends ConnectionProxy {
  readonly conversation = new EventEmitter<{ operation: [Operation] }>();
  #tamper: { client: string; change: Tamper } | undefined;

  constructor() {
    super('');
    this.conversation.setMaxListeners(0);
  }

  /** Lets a function change what a client sends, until it is replaced or taken away. */
  tamper(client: string, change: Tamper | undefined): void {
    this.#tamper = change && { client, change };
  }

  protected override reader(link: Link): (bytes: Buffer) => void {
    const frames = new FrameReader();
    return (bytes) => frames.push(bytes).forEach((frame) => this.#sent(link, frame));
  }

  #sent(link: Link, frame: Frame): void {
    if (frame.verb === 'CONNECT') this.identify(link, (JSON.parse(frame.argument) as { name?: string }).name ?? '');
    const changed = this.#tamper?.client === link.client ? this.#tamper.change(frame) : [frame.bytes];
    for (const bytes of changed) link.toServer.pass(bytes);
    if (frame.subject !== '')
      this.conversation.emit('operation', { client: link.client, subject: frame.subject, bytes: frame.bytes.length });
  }
}
