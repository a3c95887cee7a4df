import { connect, type ClientHttp2Session } from 'node:http2';

/** How a call ended. */
export interface Ending {
  /** Of the trailers; undefined: the stream ended without one. */
  readonly status: number | undefined;
  readonly message: string;
}

/** Calls whose messages are given as bytes, on one connection that is made anew when the server closes it. */
export class RawCalls implements Disposable {
  readonly #address: string;
  #session: ClientHttp2Session | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  /** @param body messages with their prefixes, as they travel */
  call(path: string, body: Buffer, headers: Record<string, string> = {}): Promise<Ending> {
    const stream = this.#connected().request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...headers,
    });
    return new Promise((resolve) => {
      let last: Ending | undefined;
      const read = (given: object): void => {
        const { 'grpc-status': status, 'grpc-message': message } = given as Record<string, string>;
        if (status !== undefined) last = { status: Number(status), message: decodeURIComponent(message ?? '') };
      };
      stream.on('response', read).on('trailers', read);
      stream.on('error', () => undefined).resume();
      // A server ends a connection whose calls are reset again and again (nghttp2: 1,000, then 33 a second).
      stream.on('end', () => {
        if (!stream.writableFinished) stream.close();
      });
      stream.on('close', () => resolve(last ?? { status: undefined, message: `reset with ${stream.rstCode}` }));
      stream.end(body);
    });
  }

  #connected(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    this.#session = connect(`http://${this.#address}`);
    this.#session.on('error', () => undefined);
    return this.#session;
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
  }
}

const PREFIX_BYTES = 5;

/** A message as it travels: whether it is compressed, its length, its bytes. */
export function framed(body: Buffer, compressed = false): Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}
