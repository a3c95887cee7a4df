import type { Msg } from '@nats-io/nats-core';
import { parseAckSubject, type DeliveryInfo } from './ack-subject.js';
import type { Connection } from '../connection/connection.js';
import { confirmAck } from './confirm-ack.js';
import { HeaderName, readHeaders, type Headers } from '../messages/headers.js';

/** One delivery of one message to a consumer. */
export interface Delivery<O> {
  readonly message: O;
  readonly headers: Headers;
  /** Sequence in the stream. */
  readonly sequence: number;
  readonly subject: string;
  /** 1 for the first delivery. */
  readonly deliveryCount: number;
  /** W3C trace context of the sender's span. */
  readonly traceparent?: string;
  /** Confirmed: resolves when the broker has recorded it. Throws BUS_UNAVAILABLE, STORAGE_FAILED. */
  ack(): Promise<void>;
  /** Gives the message back, to be delivered again after `delayMs` (default: at once). */
  nak(delayMs?: number): void;
  /** Tells the broker that the work goes on: starts the acknowledgement wait afresh. */
  working(): void;
}

/** A message as it arrived, before it is known to be valid. */
export class RawDelivery {
  readonly info: DeliveryInfo;
  readonly headers: Headers;
  #settled = false;
  /** Called once when the delivery is acknowledged, given back or given up. */
  onSettled?: () => void;

  constructor(
    readonly connection: Connection,
    readonly raw: Msg,
  ) {
    this.info = parseAckSubject(raw.reply ?? '');
    this.headers = readHeaders(raw.headers);
  }

  get settled(): boolean {
    return this.#settled;
  }

  async ack(): Promise<void> {
    if (this.#settled) return;
    await confirmAck(this.connection, this.raw.reply ?? '');
    this.#settle();
  }

  nak(delayMs = 0): void {
    this.#respond(delayMs > 0 ? `-NAK {"delay": ${Math.round(delayMs * 1e6)}}` : '-NAK');
  }

  /** Ends the message's life without success: it is never delivered again. */
  terminate(reason: string): void {
    this.#respond(`+TERM ${reason.replaceAll(/\s+/g, ' ').slice(0, 200)}`);
  }

  working(): void {
    if (!this.#settled && !this.connection.nats.isClosed()) this.raw.respond('+WPI');
  }

  with<O>(message: O): Delivery<O> {
    return {
      message,
      headers: this.headers,
      sequence: this.info.streamSequence,
      subject: this.raw.subject,
      deliveryCount: this.info.deliveryCount,
      traceparent: this.headers.get(HeaderName.TRACEPARENT),
      ack: () => this.ack(),
      nak: (delayMs) => this.nak(delayMs),
      working: () => this.working(),
    };
  }

  #respond(answer: string): void {
    if (this.#settled) return;
    if (!this.connection.nats.isClosed()) this.raw.respond(answer);
    this.#settle();
  }

  #settle(): void {
    this.#settled = true;
    this.onSettled?.();
  }
}
