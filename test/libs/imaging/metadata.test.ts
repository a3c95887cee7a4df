import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import sharp, { type Sharp } from 'sharp';
import { decodeImage, withoutMetadata } from '#libs/imaging';
import { noiseImage } from '../../helpers/images.js';

const NAME = 'Doe^Jane^1970';

async function source(): Promise<Sharp> {
  return sharp(await noiseImage(3, { format: 'png', width: 40, height: 24 }));
}

const includesName = (bytes: Uint8Array): boolean =>
  Buffer.from(bytes).includes(NAME) || Buffer.from(bytes).includes(Buffer.from(NAME, 'utf16le'));

/** Cleaned: the name is gone, the pixels are the same, and cleaning again changes nothing. */
async function assertClean(bytes: Buffer): Promise<Uint8Array> {
  assert.ok(includesName(bytes), 'the name was planted');
  const clean = withoutMetadata(bytes);
  assert.ok(!includesName(clean), 'the name is gone');
  assert.deepEqual(await decodeImage(clean), await decodeImage(bytes));
  assert.equal(withoutMetadata(clean), clean);
  return clean;
}

const XMP = `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF \
xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/" \
dc:title="${NAME}"/></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`;

for (const format of ['jpeg', 'png', 'tiff', 'webp'] as const)
  for (const orientation of [1, 6])
    test(`EXIF and XMP of a ${format} go, the orientation ${orientation} stays`, async () => {
      const bytes = await (await source())
        .withExif({ IFD0: { ImageDescription: NAME, Artist: NAME }, IFD2: { UserComment: NAME } })
        .withXmp(XMP)
        .withMetadata({ orientation })
        .toFormat(format)
        .toBuffer();
      const clean = await assertClean(bytes);
      const { width } = await decodeImage(clean);
      assert.equal(width, orientation === 1 ? 40 : 24);
    });

/** A segment of a JPEG, behind its first marker. */
function withSegment(jpeg: Buffer, marker: number, content: Buffer): Buffer {
  const head = Buffer.from([0xff, marker, 0, 0]);
  head.writeUInt16BE(content.length + 2, 2);
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)]);
}

test('comments, IPTC, unknown segments and what follows the end of a JPEG go', async () => {
  const jpeg = await (await source()).jpeg({ progressive: true }).toBuffer();
  await assertClean(withSegment(jpeg, 0xfe, Buffer.from(NAME)));
  await assertClean(withSegment(jpeg, 0xed, Buffer.from(`Photoshop 3.0\0${NAME}`)));
  await assertClean(withSegment(jpeg, 0xe7, Buffer.from(NAME)));
  await assertClean(Buffer.concat([jpeg, Buffer.from(NAME)]));
  const thumbnail = Buffer.concat([Buffer.from('JFIF\0\x01\x01\0\0\x01\0\x01\x05\x01', 'latin1'), Buffer.from(NAME)]);
  const behindScan = jpeg.lastIndexOf(Buffer.from([0xff, 0xda]));
  const between = withSegment(Buffer.concat([jpeg.subarray(0, 2), jpeg.subarray(behindScan)]), 0xfe, Buffer.from(NAME));
  await assertClean(Buffer.concat([jpeg.subarray(0, behindScan), between.subarray(2)]));
  await assertClean(withSegment(jpeg, 0xe0, Buffer.concat([thumbnail, Buffer.alloc(2)])));
});

function pngChunk(type: string, content: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const numbers = Buffer.alloc(8);
  numbers.writeUInt32BE(content.length, 0);
  numbers.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([numbers.subarray(0, 4), typed, numbers.subarray(4)]);
}

test('text, time, suggested palettes, private chunks and what follows the end of a PNG go', async () => {
  const png = await (await source()).png().toBuffer();
  for (const [type, content] of [
    ['tEXt', `PatientName\0${NAME}`],
    ['iTXt', `PatientName\0\0\0\0\0${NAME}`],
    ['sPLT', `${NAME}\0\x08`],
    ['prIv', NAME],
    ['pHYs', NAME],
  ] as const)
    await assertClean(Buffer.concat([png.subarray(0, 33), pngChunk(type, Buffer.from(content)), png.subarray(33)]));
  await assertClean(Buffer.concat([png, Buffer.from(NAME)]));
  const named = await readFile(new URL('../../fixtures/cases/other/png-text-name.png', import.meta.url));
  assert.ok(!Buffer.from(withoutMetadata(named)).includes('PatientName'));
});

test('texts, private tags and bytes that no tag leads to leave a TIFF, in whatever compression', async () => {
  for (const compression of ['none', 'lzw', 'deflate', 'packbits', 'jpeg'] as const)
    for (const tile of [false, true]) {
      const tiff = await (await source()).tiff({ compression, tile, tileWidth: 16, tileHeight: 16 }).toBuffer();
      await assertClean(Buffer.concat([tiff, Buffer.from(NAME)]));
    }
});

test('a file without metadata stays as it is, byte for byte', async () => {
  for (const format of ['jpeg', 'png', 'webp'] as const) {
    const bytes = await (await source()).toFormat(format).toBuffer();
    assert.equal(withoutMetadata(bytes), bytes, format);
  }
  for (const damaged of [Buffer.from('no image'), Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(0)])
    assert.equal(withoutMetadata(damaged), damaged);
});
