import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { before, describe, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import type { ErrorCode } from '#libs/errors';
import { decodeImage, detectFormat, withoutMetadata, type DecodedImage } from '#libs/imaging';
import { isCode } from '../../../helpers/errors.js';
import { noiseImage } from '../../../helpers/images.js';

const file = (name: string): Promise<Buffer> => readFile(new URL(`../../../fixtures/cases/${name}`, import.meta.url));

async function pixelsOf(bytes: Buffer): Promise<Uint8Array> {
  const { data } = await decodeImage(bytes);
  return data;
}

/** Refused whether or not the image may come at half its size, as preprocess and predictor ask for it. */
async function assertRefused(bytes: Buffer, code: ErrorCode, message: RegExp, maxPixels?: number): Promise<void> {
  for (const mayHalve of [undefined, () => true])
    await assert.rejects(
      decodeImage(bytes, { ...(mayHalve && { mayHalve }), ...(maxPixels && { maxPixels }) }),
      isCode(code, message),
    );
}

describe('JPEG headers are read as the decoder reads them', () => {
  test('a marker without a length does not hide the size that is decoded from the limit', async () => {
    const bytes = await file('jpeg/limit-bypass-100x100.jpg');
    const { width, height } = await decodeImage(bytes);
    assert.deepEqual([width, height], [100, 100]);
    await assertRefused(bytes, 'IMAGE_TOO_LARGE', /100 x 100 pixels/, 9_999);
  });

  for (const name of ['jfif-2.01', 'extraneous-byte-before-dqt'])
    test(`${name} is harmless: the pixels are those of the plain file`, async () => {
      assert.deepEqual(
        await pixelsOf(await file(`jpeg/${name}.jpg`)),
        await pixelsOf(await file('jpeg/plain-grey.jpg')),
      );
    });

  for (const [what, inserted] of Object.entries({
    'fill bytes': [0xff, 0xff, 0xff],
    'a restart marker': [0xff, 0xd3],
    'a temporary marker': [0xff, 0x01],
    'bytes that are no marker': [0x12, 0x34, 0xff, 0x00],
  }))
    test(`${what} between segments change no pixel`, async () => {
      const plain = await file('jpeg/plain-grey.jpg');
      const behindFirst = 4 + plain.readUInt16BE(4);
      const odd = Buffer.concat([plain.subarray(0, behindFirst), Buffer.from(inserted), plain.subarray(behindFirst)]);
      assert.deepEqual(await pixelsOf(odd), await pixelsOf(plain));
    });

  for (const [name, why] of Object.entries({
    'grey-sampling-0x00': /sampling factors of 0 x 0/,
    'grey-sampling-5x5': /sampling factors of 5 x 5/,
    'neutral-luma3-chroma2': /sampled 2 x 1 beside one of 3 x 1/,
    'sof3-lossless': /lossless \(SOF3\)/,
    dnl: /DNL/,
  }))
    test(`${name} is refused by name, by every decoder`, async () => {
      await assertRefused(await file(`jpeg/${name}.jpg`), 'IMAGE_UNSUPPORTED', why);
    });

  test('a JPEG of 12 bits is refused by name', async () => {
    const bytes = await file('jpeg/plain-grey.jpg');
    bytes[bytes.indexOf(Buffer.from([0xff, 0xc0])) + 4] = 12;
    await assertRefused(bytes, 'IMAGE_UNSUPPORTED', /12 bits per channel/);
  });

  test('more scans than any encoder makes are refused before one is decoded', async () => {
    const progressive = await sharp(await noiseImage(1, { format: 'png', width: 64, height: 64 }))
      .jpeg({ progressive: true })
      .toBuffer();
    const lastScan = progressive.lastIndexOf(Buffer.from([0xff, 0xda]));
    const scan = progressive.subarray(lastScan, -2);
    const end = progressive.subarray(-2);
    const repeated = (times: number): Buffer =>
      Buffer.concat([progressive.subarray(0, lastScan), ...Array.from({ length: times }, () => scan), end]);
    await assertRefused(repeated(101), 'IMAGE_TOO_LARGE', /scans, the limit is 100/);
    assert.ok(await pixelsOf(repeated(1)));
  });
});

describe('other formats', () => {
  test('a null in the description of a TIFF touches no pixel', async () => {
    const described = await file('tiff/description-with-null.tif');
    assert.deepEqual(await pixelsOf(described), await pixelsOf(await file('tiff/plain.tif')));
  });

  test('a TIFF of 12 bits is refused by name', async () => {
    await assertRefused(await file('tiff/12bit.tif'), 'IMAGE_UNSUPPORTED', /12 bits per channel/);
  });

  for (const name of ['plain', 'tiff-preamble-no-ifd', 'dual-personality'])
    test(`${name}.dcm is DICOM, whatever it begins with`, async () => {
      const bytes = await file(`other/${name}.dcm`);
      assert.equal(detectFormat(bytes), 'dicom');
      const decoded = await decodeImage(bytes).catch((error: unknown) => error);
      assert.match(decoded instanceof Error ? decoded.message : (decoded as DecodedImage).format, /dicom/i);
    });

  test('a TIFF whose directories lead in a circle, or of many, is refused', async () => {
    const bytes = await file('tiff/plain.tif');
    const at = bytes.readUInt32LE(4);
    const next = at + 2 + 12 * bytes.readUInt16LE(at);
    bytes.writeUInt32LE(at, next);
    await assertRefused(bytes, 'IMAGE_TRUNCATED', /circle/);
    const directories = Array.from({ length: 101 }, (_, index) => {
      const empty = Buffer.alloc(6);
      empty.writeUInt32LE(index === 100 ? 0 : bytes.length + 6 * (index + 1), 2);
      return empty;
    });
    bytes.writeUInt32LE(bytes.length, next);
    await assertRefused(Buffer.concat([bytes, ...directories]), 'IMAGE_TOO_LARGE', /directories/);
  });

  test('a PNG of many chunks is refused', async () => {
    const png = await noiseImage(1, { format: 'png', width: 8, height: 8 });
    const text = Buffer.from([0, 0, 0, 0, ...Buffer.from('tEXt'), 0, 0, 0, 0]);
    const many = Array.from({ length: 1001 }, () => text);
    await assertRefused(Buffer.concat([png.subarray(0, 33), ...many, png.subarray(33)]), 'IMAGE_TOO_LARGE', /chunks/);
  });
});

describe('files whose full size is reserved and whose tail is not written yet', () => {
  let picture: Sharp;
  before(async () => {
    picture = sharp(await noiseImage(7, { format: 'png', width: 256, height: 256 })).toColourspace('b-w');
  });

  /** Zeros from a share of the file on, up to a share or the end. */
  function zeroed(bytes: Buffer, from: number, to = 1): Buffer {
    return Buffer.from(bytes).fill(0, Math.floor(bytes.length * from), Math.floor(bytes.length * to));
  }

  for (const [format, encode] of Object.entries({
    'jpeg of quality 95': () => picture.clone().jpeg({ quality: 95 }),
    'jpeg with tables of its own': () => picture.clone().jpeg({ quality: 90, optimiseCoding: true }),
    'colour jpeg': () => picture.clone().toColourspace('srgb').tint('#ff8040').jpeg({ optimiseCoding: true }),
    'lossless webp': () => picture.clone().webp({ lossless: true }),
    'lossy webp': () => picture.clone().webp({ quality: 80 }),
    'tiff with LZW': () => picture.clone().tiff({ compression: 'lzw' }),
    'tiff with deflate': () => picture.clone().tiff({ compression: 'deflate' }),
    png: () => picture.clone().png(),
  })) {
    test(`a ${format} is refused with a hole in it or without its tail, and accepted whole`, async () => {
      const whole = await encode().toBuffer();
      assert.equal((await decodeImage(whole)).width, 256);
      for (const broken of [zeroed(whole, 0.25), zeroed(whole, 0.6), zeroed(whole, 0.95), zeroed(whole, 0.5, 0.6)])
        await assertRefused(broken, 'IMAGE_TRUNCATED', /ends too early or is damaged/);
    });
  }

  test('a TIFF whose pixels lie beyond its end is refused', async () => {
    const whole = await file('tiff/plain.tif');
    const at = whole.readUInt32LE(4);
    // Its directory comes first when it is moved in front of what is cut off.
    for (let entry = at + 2; entry < at + 2 + 12 * whole.readUInt16LE(at); entry += 12)
      if (whole.readUInt16LE(entry) === 273) whole.writeUInt32LE(whole.length - 100, entry + 8);
    await assertRefused(whole, 'IMAGE_TRUNCATED', /a part of its pixels is missing/);
  });

  /** Where an entry of the one directory of a little-endian TIFF lies. */
  function entryOf(tiff: Buffer, tag: number): number {
    const at = tiff.readUInt32LE(4);
    const entries = Array.from({ length: tiff.readUInt16LE(at) }, (_, index) => at + 2 + 12 * index);
    return entries.find((entry) => tiff.readUInt16LE(entry) === tag)!;
  }

  test('a TIFF whose pixels have no length, or too little of it, is refused: decoders would guess', async () => {
    for (const compression of ['none', 'lzw'] as const) {
      const whole = await picture.clone().tiff({ compression }).toBuffer();
      const at = entryOf(whole, 279);
      const sizesAt = whole.readUInt32LE(at + 4) > 1 ? whole.readUInt32LE(at + 8) : at + 8;
      const shorter = Buffer.from(whole);
      const isLong = whole.readUInt16LE(at + 2) === 4;
      shorter.fill(0, sizesAt, sizesAt + (isLong ? 4 : 2));
      await assertRefused(shorter, 'IMAGE_TRUNCATED', /a part of its pixels (has no bytes|is missing)/);
      const lengthless = Buffer.from(whole);
      lengthless.writeUInt16LE(280, at);
      await assertRefused(lengthless, 'IMAGE_TRUNCATED', /does not say of each part of its pixels where it ends/);
    }
  });

  test('a TIFF with pixels in strips and in tiles is refused: which of them count is not said', async () => {
    const whole = await picture.clone().tiff({ compression: 'none' }).toBuffer();
    whole.writeUInt16LE(324, entryOf(whole, 282));
    await assertRefused(whole, 'IMAGE_TRUNCATED', /in strips and in tiles/);
  });

  test('of a TIFF tag that stands twice the first counts, also when the metadata are taken out', async () => {
    const whole = await picture.clone().tiff({ compression: 'none' }).toBuffer();
    const second = entryOf(whole, 296);
    whole.writeUInt16LE(258, second);
    whole.writeUInt32LE(257, second + 4);
    whole.writeUInt32LE(1, second + 8);
    assert.deepEqual(await pixelsOf(Buffer.from(withoutMetadata(whole))), await pixelsOf(whole));
  });

  test('a black picture is whole, however many zeros it is stored as', async () => {
    const black = sharp({ create: { width: 1024, height: 1024, channels: 3, background: '#000' } });
    for (const encoded of [
      black.clone().jpeg({ optimiseCoding: true }),
      black.clone().toColourspace('b-w').jpeg({ optimiseCoding: true }),
      black.clone().jpeg({ progressive: true }),
      black.clone().webp({ lossless: true }),
      black.clone().webp(),
      black.clone().tiff({ compression: 'lzw' }),
      black.clone().tiff({ compression: 'none' }),
    ])
      assert.equal((await decodeImage(await encoded.toBuffer())).width, 1024);
  });
});
