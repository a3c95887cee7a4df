import { connect, type ClientHttp2Stream } from 'node:http2';

/** A gRPC client made of frames, for what no well-behaved client does: it never reads, and it may vanish. */
export interface RawClient {
  /** Begins a call. */
  call(path: string): ClientHttp2Stream;
  /** Cuts the connection, as the end of the client's machine does. */
  vanish(): void;
}

export function connectRaw(address: string): RawClient {
  const session = connect(`http://${address}`);
  session.on('error', () => undefined);
  return {
    call: (path) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
      });
      stream.on('error', () => undefined).pause();
      return stream;
    },
    vanish: () => session.destroy(),
  };
}

/** A message as it travels: not compressed, its length, its bytes. */
export function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
