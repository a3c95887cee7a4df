import { connect } from 'node:net';
import { createHealthClient } from '#libs/rpc';
import { mutateBytes, randomBytes } from '../mutate/bytes.js';
import { choose, EDGE_NUMBERS } from '../mutate/choose.js';
import { mutateParts } from '../mutate/parts.js';
import type { Random } from '#libs/random';
import { sharedStack, type FuzzStack } from '../stack.js';
import type { Subject, Target } from '../target.js';
import { framed } from './calls.js';

/** A frame of HTTP/2 (RFC 9113, 4.1). */
interface Frame {
  type: number;
  flags: number;
  stream: number;
  payload: Buffer;
}

const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  window: 8,
  continuation: 9,
};
const END_STREAM = 1;
const END_HEADERS = 4;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
/** A literal header field without indexing (RFC 7541, 6.2.2). */
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);

const headersOf = (path: string): Buffer =>
  Buffer.concat(
    Object.entries({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': path,
      ':authority': 'a',
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': '1S',
    }).map(([name, value]) => literal(name, value)),
  );

/** A connection with two calls. */
const sound = (path: string): Frame[] => [
  { type: TYPE.settings, flags: 0, stream: 0, payload: Buffer.from('000300000064', 'hex') },
  { type: TYPE.headers, flags: END_HEADERS, stream: 1, payload: headersOf(path) },
  { type: TYPE.data, flags: END_STREAM, stream: 1, payload: framed(Buffer.alloc(0)) },
  { type: TYPE.window, flags: 0, stream: 0, payload: Buffer.from('00010000', 'hex') },
  { type: TYPE.ping, flags: 0, stream: 0, payload: Buffer.alloc(8) },
  { type: TYPE.headers, flags: 0, stream: 3, payload: headersOf(path).subarray(0, 40) },
  { type: TYPE.continuation, flags: END_HEADERS, stream: 3, payload: headersOf(path).subarray(40) },
  { type: TYPE.data, flags: 0, stream: 3, payload: framed(Buffer.alloc(100)).subarray(0, 60) },
  { type: TYPE.reset, flags: 0, stream: 3, payload: Buffer.from('00000008', 'hex') },
];

function changeFrame(random: Random, frame: Frame): Frame {
  const way = random.integer(0, 6);
  if (way === 0) return { ...frame, type: random.integer(0, 12) };
  if (way === 1) return { ...frame, flags: random.integer(0, 255) };
  if (way === 2) return { ...frame, stream: choose(random, [0, 1, 2, 3, 5, 2 ** 31 - 1, frame.stream + 2]) };
  if (way === 3) return { ...frame, payload: randomBytes(random, 200) };
  if (way === 4 && frame.payload.length >= 4) {
    const payload = Buffer.from(frame.payload);
    payload.writeUInt32BE(choose(random, EDGE_NUMBERS), payload.length - 4);
    return { ...frame, payload };
  }
  return { ...frame, payload: mutateBytes(random, frame.payload) };
}

function written({ type, flags, stream, payload }: Frame, length = payload.length): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length & 0xffffff, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

function someConnection(random: Random, path: string): Buffer {
  const frames = mutateParts(random, sound(path), (frame) => changeFrame(random, frame)).map((frame) =>
    written(frame, random.chance(0.02) ? choose(random, EDGE_NUMBERS) : frame.payload.length),
  );
  const bytes = Buffer.concat([random.chance(0.97) ? PREFACE : randomBytes(random), ...frames]);
  return random.chance(0.1) ? mutateBytes(random, bytes) : bytes;
}

/** A server that has no answer has read what came after this. */
const SILENCE_MS = 15;
const SERVED_WITHIN_MS = 1000;

const http2Target = (name: string, path: string, addressOf: (stack: FuzzStack) => string): Target => ({
  name: `http2-${name}`,
  share: 4,
  kind: 'services',
  maker: async () => (random) => someConnection(random, path),
  open: async (): Promise<Subject> => {
    const { stack, release } = await sharedStack();
    const address = addressOf(stack);
    const others = createHealthClient(address);
    return {
      run: (input) => exchange(address, input),
      check: async () => {
        const state = await others.check('', { timeoutMs: SERVED_WITHIN_MS });
        if (state !== 'SERVING') throw new Error(`The server is ${state}`);
      },
      [Symbol.asyncDispose]: async () => {
        others.close();
        await release();
      },
    };
  },
});

/** Sends everything; the connection ends when the server closes it or has nothing more to say. */
function exchange(address: string, input: Buffer): Promise<string> {
  const [host, port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    let outcome = 'silent';
    socket.setTimeout(SILENCE_MS, () => socket.destroy());
    socket.on('data', () => (outcome = 'answered'));
    socket.on('end', () => (outcome = `${outcome}, closed`));
    socket.on('error', () => (outcome = 'reset'));
    socket.on('close', () => resolve(outcome));
    socket.write(input);
  });
}

/** Connections to ingest and predictor. */
export const http2Targets: readonly Target[] = [
  http2Target('ingest', '/sulcus.v1.Ingest/Annotate', ({ ingest }) => ingest.address),
  http2Target('predictor', '/inference.GRPCInferenceService/ServerLive', ({ predictor }) => predictor.address),
];
