/** Floods a server for some seconds, and holds its connections until it is told to end: ADDRESS KIND SECONDS. */
import { connect, type Socket } from 'node:net';
import { FLOODS, frame, Type } from './_floods.js';

const [address = '', kind = '', seconds = '1'] = process.argv.slice(2);
const port = Number(address.split(':').at(-1));
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

const flood = FLOODS[kind]!;
const endsAtMs = performance.now() + 1000 * Number(seconds);
let [bytes, opened, closed] = [0, 0, 0];

function open(): void {
  opened++;
  const socket = connect(port, '127.0.0.1');
  if (!flood.isDeaf) acknowledge(socket);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    closed++;
    if (performance.now() < endsAtMs) setTimeout(open, 5);
  });
  let round = 0;
  const send = (): void => {
    while (!socket.destroyed && performance.now() < endsAtMs && round < (flood.rounds ?? Number.POSITIVE_INFINITY)) {
      const frames = flood.next(round++);
      bytes += frames.length;
      if (!socket.write(frames)) return void socket.once('drain', () => setImmediate(send));
    }
  };
  socket.on('connect', () => {
    socket.write(Buffer.concat([PREFACE, frame(Type.settings, 0, 0, flood.settings), flood.first ?? Buffer.alloc(0)]));
    send();
  });
}

/** Reads, takes the server's settings for known, and answers its pings. */
function acknowledge(socket: Socket): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (data: Buffer) => {
    rest = Buffer.concat([rest, data]);
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const end = 9 + rest.readUIntBE(0, 3);
      const isAck = (rest[4]! & 1) !== 0;
      if (rest[3] === Type.settings && !isAck) socket.write(frame(Type.settings, 1, 0));
      if (rest[3] === Type.ping && !isAck) socket.write(frame(Type.ping, 1, 0, rest.subarray(9, end)));
      rest = rest.subarray(end);
    }
  });
}

for (let connection = 0; connection < (flood.connections ?? 1); connection++) open();
setTimeout(() => process.send!({ bytes, opened, closed }), 1000 * Number(seconds) + 200);
process.on('message', () => process.exit());
