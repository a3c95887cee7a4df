import { connect, type Socket } from 'node:net';

const item = (type: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const header = Buffer.from([type, 0, 0, 0]);
  header.writeUInt16BE(content.length, 2);
  return Buffer.concat([header, content]);
};
const unit = (type: number, content: Buffer): Buffer => {
  const header = Buffer.from([type, 0, 0, 0, 0, 0]);
  header.writeUInt32BE(content.length, 2);
  return Buffer.concat([header, content]);
};

/** A request for an association (PS3.8 section 9.3.2), with a context for each class, in Implicit VR Little Endian. */
export function associationRequest(called: string, calling: string, sopClasses: readonly string[]): Buffer {
  const text = (value: string): Buffer => Buffer.from(value, 'latin1');
  const contexts = sopClasses.map((uid, index) =>
    item(0x20, Buffer.from([2 * index + 1, 0, 0, 0]), item(0x30, text(uid)), item(0x40, text('1.2.840.10008.1.2'))),
  );
  const user = item(0x50, item(0x51, Buffer.from([0, 0, 0x40, 0])), item(0x52, text('1.2.3.4')));
  const head = Buffer.concat([
    Buffer.from([0, 1, 0, 0]),
    text(called.padEnd(16)),
    text(calling.padEnd(16)),
    Buffer.alloc(32),
  ]);
  return unit(1, Buffer.concat([head, item(0x10, text('1.2.840.10008.3.1.1.1')), ...contexts, user]));
}

/** A request to release an association. */
export const releaseRequest = (): Buffer => unit(5, Buffer.alloc(4));

/** Of an answer to a request for an association: the result of each context by its number, 0 is acceptance. */
export function contextResults(answer: Buffer): Map<number, number> {
  const results = new Map<number, number>();
  for (let at = 6 + 68; at + 4 <= answer.length; at += 4 + answer.readUInt16BE(at + 2))
    if (answer[at] === 0x21) results.set(answer[at + 4]!, answer[at + 6]!);
  return results;
}

/** A connection that says nothing by itself. */
export function rawConnection(port: number): { socket: Socket; closed: Promise<void>; next: () => Promise<Buffer> } {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, closed, next: () => new Promise((resolve) => socket.once('data', resolve)) };
}
