import { connect, type ClientHttp2Stream } from 'node:http2';
import { gzipSync } from 'node:zlib';

/** How a call ended, as its trailers say. */
export interface Ending {
  status: number | undefined;
  message: string;
}

/** A message as it travels: whether it is compressed, its length, its bytes. */
export function framed(body: Buffer, { gzip = false } = {}): Buffer {
  const sent = gzip ? gzipSync(body) : body;
  const prefix = Buffer.alloc(5);
  prefix[0] = gzip ? 1 : 0;
  prefix.writeUInt32BE(sent.length, 1);
  return Buffer.concat([prefix, sent]);
}

/** A connection on which calls are made frame by frame. */
export function connectFrames(address: string) {
  const session = connect(`http://${address}`, { maxSessionMemory: 1000 });
  session.on('error', () => undefined);
  const streams = new Set<ClientHttp2Stream>();
  return {
    session,
    /** Begins a call; `ended` settles when the server ends it. */
    begin(path: string, headers: Record<string, string> = {}): { stream: ClientHttp2Stream; ended: Promise<Ending> } {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        'content-type': 'application/grpc',
        te: 'trailers',
        ...headers,
      });
      streams.add(stream);
      const ended = new Promise<Ending>((resolve) => {
        let last: Ending | undefined;
        const read = (given: object): void => {
          const { 'grpc-status': status, 'grpc-message': message } = given as Record<string, string>;
          if (status !== undefined) last = { status: Number(status), message: decodeURI(message ?? '') };
        };
        stream.on('response', read).on('trailers', read);
        stream.on('error', () => undefined).resume();
        stream.on('end', () => stream.close()); // as gRPC clients do once they have the status
        stream.on('close', () => resolve(last ?? { status: undefined, message: `reset ${stream.rstCode}` }));
      });
      return { stream, ended };
    },
    /** One whole call. */
    async call(path: string, body: Buffer, { gzip = false } = {}): Promise<Ending> {
      const { stream, ended } = this.begin(path, gzip ? { 'grpc-encoding': 'gzip' } : {});
      stream.end(framed(body, { gzip }));
      return await ended;
    },
    [Symbol.dispose](): void {
      for (const stream of streams) stream.destroy();
      setTimeout(() => session.destroy(), 100);
    },
  };
}
