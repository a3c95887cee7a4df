import { unit } from './_pdus.js';

export const ASSOCIATE_ACCEPT = 2;

function item(type: number, content: Buffer): Buffer {
  const header = Buffer.from([type, 0, 0, 0]);
  header.writeUInt16BE(content.length, 2);
  return Buffer.concat([header, content]);
}

/** A-ASSOCIATE-RQ of MR1 to SCP for one abstract syntax, in context 1, Implicit Little Endian (PS3.8 section 9.3.2). */
export const associateRequest = (abstractSyntax: string): Buffer =>
  unit(
    1,
    Buffer.concat([
      Buffer.from([0, 1, 0, 0]),
      Buffer.from('SCP'.padEnd(16) + 'MR1'.padEnd(16)),
      Buffer.alloc(32),
      item(0x10, Buffer.from('1.2.840.10008.3.1.1.1')),
      item(
        0x20,
        Buffer.concat([
          Buffer.from([1, 0, 0, 0]),
          item(0x30, Buffer.from(abstractSyntax)),
          item(0x40, Buffer.from('1.2.840.10008.1.2')),
        ]),
      ),
      item(0x50, Buffer.concat([item(0x51, Buffer.from([0, 0, 64, 0])), item(0x52, Buffer.from('1.2.3'))])),
    ]),
  );
