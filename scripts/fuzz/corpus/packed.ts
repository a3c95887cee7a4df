import { crc32, deflateRawSync, gzipSync } from 'node:zlib';

const FILES: readonly [name: string, content: Buffer][] = [
  ['glioma/a.png', Buffer.from('a picture')],
  ['notumor/b.png', Buffer.alloc(2000, 'b')],
  ['notumor/ü.txt', Buffer.from('')],
];

const BLOCK_BYTES = 512;

/** A tar file (POSIX.1-2017 ustar). */
function tar(): Buffer {
  const parts = FILES.flatMap(([name, content]) => {
    const head = Buffer.alloc(BLOCK_BYTES);
    head.write(name, 0);
    for (const [at, text] of [
      [100, '0000644'],
      [108, '0000000'],
      [116, '0000000'],
      [124, content.length.toString(8).padStart(11, '0')],
      [136, '00000000000'],
      [148, ' '.repeat(8) + '0'],
      [257, 'ustar'],
      [263, '00'],
    ] as const)
      head.write(text, at);
    const sum = head.reduce((total, byte) => total + byte, 0);
    head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
    return [head, content, Buffer.alloc((BLOCK_BYTES - (content.length % BLOCK_BYTES)) % BLOCK_BYTES)];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** A zip file (APPNOTE 6.3.10). */
function zip(): Buffer {
  const local: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of FILES) {
    const packed = deflateRawSync(content);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(20, 0);
    facts.writeUInt16LE(0x800, 2);
    facts.writeUInt16LE(8, 4);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(packed.length, 14);
    facts.writeUInt32LE(content.length, 18);
    facts.writeUInt16LE(Buffer.byteLength(name), 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const start = Buffer.concat([Buffer.from('PK\x03\x04'), facts, Buffer.from(name), packed]);
    directory.push(Buffer.from('PK\x01\x02\x14\x00', 'latin1'), facts, place, Buffer.from(name));
    local.push(start);
    offset += start.length;
  }
  const end = Buffer.alloc(18);
  const listed = Buffer.concat(directory);
  end.writeUInt16LE(FILES.length, 4);
  end.writeUInt16LE(FILES.length, 6);
  end.writeUInt32LE(listed.length, 8);
  end.writeUInt32LE(offset, 12);
  return Buffer.concat([...local, listed, Buffer.from('PK\x05\x06'), end]);
}

/** A few files of a data set, packed. */
export const packedCorpus = (): Record<'zip' | 'tar' | 'tar.gz', Buffer> => ({
  zip: zip(),
  tar: tar(),
  'tar.gz': gzipSync(tar()),
});
