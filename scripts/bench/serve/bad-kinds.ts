import { connect as connectSocket } from 'node:net';
import { connect, type ClientHttp2Session } from 'node:http2';
import { deflateSync, gzipSync } from 'node:zlib';

const INFER = '/inference.GRPCInferenceService/ModelInfer';
const PREDICT = '/sulcus.v1.Predictor/Predict';
const STUDY = '/sulcus.v1.Predictor/PredictStudy';
const MIB = 2 ** 20;
const TIMEOUT_MS = 30_000;

/** One kind of request that cannot be answered: a call with a body, or bytes on a connection of their own. */
export type BadKind =
  | { readonly path: string; readonly body: Buffer; readonly headers?: Record<string, string>; readonly hold?: number }
  | { readonly raw: Buffer };

/** A message as it travels. @param said the length that its prefix says */
function framed(body: Buffer, { gzip = false, said }: { gzip?: boolean; said?: number } = {}): Buffer {
  const sent = gzip ? gzipSync(body) : body;
  const prefix = Buffer.alloc(5);
  prefix[0] = gzip ? 1 : 0;
  prefix.writeUInt32BE(said ?? sent.length, 1);
  return Buffer.concat([prefix, sent]);
}

/** A length-delimited field of protobuf. */
function field(number: number, content: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    if (rest <= 0x7f) break;
  }
  return Buffer.concat([Buffer.from([8 * number + 2, ...length]), content]);
}

const repeated = (part: Buffer, bytes: number): Buffer => Buffer.alloc(bytes - (bytes % part.length), part);

const GZIP = { 'grpc-encoding': 'gzip' };
/** Of PredictRequest. */
const image = (bytes: Buffer): Buffer => framed(field(2, bytes));

/** A PNG whose header says a size, with little behind it. */
function pngOf(width: number, height: number): Buffer {
  const header = Buffer.alloc(25);
  header.writeUInt32BE(13, 0);
  header.write('IHDR', 4);
  header.writeUInt32BE(width, 8);
  header.writeUInt32BE(height, 12);
  header.set([8, 0, 0, 0, 0], 16);
  const pixels = deflateSync(Buffer.alloc(1000));
  const data = Buffer.alloc(12 + pixels.length);
  data.writeUInt32BE(pixels.length, 0);
  data.write('IDAT', 4);
  pixels.copy(data, 8);
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), header, data]);
}

const many = (tag: number[]): Buffer =>
  Buffer.concat([field(1, Buffer.from('bench')), repeated(Buffer.from(tag), 16 * MIB - 64)]);

let nested: Buffer = Buffer.alloc(0);
for (let depth = 0; depth < 100; depth++) nested = field(5, nested);

/** Every kind that a stranger has tried. */
export const BAD_KINDS: readonly BadKind[] = [
  { path: INFER, body: framed(many([0x2a, 0]), { gzip: true }), headers: GZIP },
  { path: INFER, body: framed(many([0x3a, 0]), { gzip: true }), headers: GZIP },
  { path: INFER, body: framed(Buffer.alloc(64 * MIB), { gzip: true }), headers: GZIP },
  { path: INFER, body: framed(Buffer.from('no gzip'), { gzip: false }), headers: { 'grpc-encoding': 'no such' } },
  { path: INFER, body: Buffer.concat([Buffer.from([1, 0, 0, 0, 3]), Buffer.from('abc')]), headers: GZIP },
  { path: INFER, body: framed(nested) },
  { path: INFER, body: framed(Buffer.from('ffffffffffffff', 'hex')) },
  { path: INFER, body: framed(field(1, Buffer.alloc(MIB, 'a'))) },
  { path: INFER, body: framed(field(1, Buffer.from('no such model'))) },
  { path: INFER, body: framed(Buffer.alloc(100), { said: 2 ** 32 - 1 }) },
  { path: INFER, body: framed(Buffer.alloc(100), { said: 1000 }) },
  { path: INFER, body: Buffer.alloc(0) },
  { path: '/no.such.Service/Call', body: framed(Buffer.alloc(10)) },
  { path: PREDICT, body: image(Buffer.from('no image')) },
  { path: PREDICT, body: image(Buffer.alloc(4 * MIB, 1)) },
  { path: PREDICT, body: image(pngOf(30_000, 30_000)) },
  { path: PREDICT, body: image(pngOf(512, 512)) },
  { path: PREDICT, body: image(Buffer.concat([Buffer.alloc(128), Buffer.from('DICM'), Buffer.alloc(200, 2)])) },
  { path: PREDICT, body: image(Buffer.from('ffd8ffe000104a46494600010100000100010000ffd9', 'hex')) },
  { path: PREDICT, body: framed(Buffer.alloc(0)), headers: Object.fromEntries(names(100)) },
  { path: PREDICT, body: framed(Buffer.alloc(0)), headers: { 'x-long': 'a'.repeat(20_000) } },
  { path: STUDY, body: framed(field(2, field(1, Buffer.from('no image'))), { said: 17 }), hold: 1000 },
  { path: INFER, body: framed(Buffer.alloc(MIB)).subarray(0, -1), hold: 1000 },
  { raw: Buffer.from('GET / HTTP/1.1\r\nHost: a\r\n\r\n') },
  { raw: Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff', 'latin1') },
];

function names(count: number): [string, string][] {
  return Array.from({ length: count }, (_, index) => [`x-${index}`, 'a']);
}

/** A client of bad manners. */
export class BadClient implements Disposable {
  readonly #address: string;
  #session: ClientHttp2Session | undefined;

  constructor(address: string) {
    this.#address = address;
  }

  /** @returns how it ended */
  send(kind: BadKind): Promise<string> {
    return 'raw' in kind ? this.#raw(kind.raw) : this.#call(kind);
  }

  [Symbol.dispose](): void {
    this.#session?.destroy();
  }

  #call({ path, body, headers = {}, hold }: Extract<BadKind, { path: string }>): Promise<string> {
    const head = { ':method': 'POST', ':path': path, 'content-type': 'application/grpc', te: 'trailers', ...headers };
    return new Promise((resolve) => {
      const stream = this.#connected().request(head);
      let status: string | undefined;
      const read = (given: object): void => {
        status ??= (given as Record<string, string | undefined>)['grpc-status'];
      };
      stream.on('response', read).on('trailers', read);
      stream.on('error', () => undefined).resume();
      stream.on('end', () => stream.close());
      stream.on('close', () => resolve(status === undefined ? 'reset' : `status ${status}`));
      stream.setTimeout(TIMEOUT_MS, () => stream.close());
      if (hold === undefined) stream.end(body);
      else {
        stream.write(body);
        setTimeout(() => stream.close(), hold);
      }
    });
  }

  #raw(bytes: Buffer): Promise<string> {
    const [host, port] = this.#address.split(':');
    return new Promise((resolve) => {
      const socket = connectSocket(Number(port), host);
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy());
      socket.on('error', () => undefined).resume();
      socket.on('close', () => resolve('closed'));
      socket.end(bytes);
    });
  }

  #connected(): ClientHttp2Session {
    if (this.#session && !this.#session.closed && !this.#session.destroyed) return this.#session;
    this.#session = connect(`http://${this.#address}`);
    this.#session.on('error', () => undefined);
    return this.#session;
  }
}
