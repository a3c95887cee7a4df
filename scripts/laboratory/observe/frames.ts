/** One whole operation of the NATS client protocol, as it stands on the wire. */
export interface Frame {
  /** In capitals: CONNECT, PUB, HPUB, SUB, PING, … */
  verb: string;
  /** Of a message; empty for other operations. */
  subject: string;
  /** What follows the verb on its line. */
  argument: string;
  bytes: Buffer;
}

/** Operations with a payload behind their line; the last number on the line is its size. */
const WITH_PAYLOAD = new Set(['PUB', 'HPUB', 'MSG', 'HMSG']);
const LINE_END = Buffer.from('\r\n');

/** Cuts a stream of bytes into operations (docs.nats.io/reference/reference-protocols/nats-protocol). */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The operations that are complete with these bytes. */
  push(bytes: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const frames: Frame[] = [];
    for (let frame = this.#take(); frame; frame = this.#take()) frames.push(frame);
    return frames;
  }

  #take(): Frame | undefined {
    const lineEnd = this.#rest.indexOf(LINE_END);
    if (lineEnd < 0) return undefined;
    const line = this.#rest.toString('latin1', 0, lineEnd);
    const [first = '', ...words] = line.split(/\s+/);
    const verb = first.toUpperCase();
    const hasPayload = WITH_PAYLOAD.has(verb);
    const end = lineEnd + 2 + (hasPayload ? Number(words.at(-1)) + 2 : 0);
    if (this.#rest.length < end) return undefined;
    const frame = {
      verb,
      subject: hasPayload ? (words[0] ?? '') : '',
      argument: line.slice(first.length + 1),
      bytes: this.#rest.subarray(0, end),
    };
    this.#rest = this.#rest.subarray(end);
    return frame;
  }
}
