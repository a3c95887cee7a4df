import assert from 'node:assert/strict';
import { deflateSync } from 'node:zlib';
import { describe, test } from 'node:test';
import sharp, { type Sharp } from 'sharp';
import { SulcusError, type ErrorCode } from '#libs/errors';
import {
  decodeImage,
  detectFormat,
  encodeImage,
  isMislabelled,
  type DecodeLimits,
  type RasterImage,
} from '#libs/imaging';

const width = 24;
const height = 16;
const grey: RasterImage = {
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, i) => (i * 5) % 256),
};
const colour: RasterImage = {
  width,
  height,
  channels: 3,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 5) % 256),
};

const raw = (image: RasterImage): Sharp =>
  sharp(image.data, { raw: { width: image.width, height: image.height, channels: image.channels } });
const greyFile = (): Sharp => raw(grey).toColourspace('b-w');

async function assertRefused(
  bytes: Uint8Array,
  code: ErrorCode,
  message: RegExp,
  limits?: DecodeLimits,
): Promise<void> {
  await assert.rejects(decodeImage(bytes, limits), (error: unknown) => {
    assert.ok(error instanceof SulcusError);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  });
}

describe('accepted files', () => {
  for (const [format, file] of Object.entries({
    jpeg: greyFile().jpeg(),
    png: greyFile().png(),
    tiff: greyFile().tiff(),
    webp: raw(grey).webp({ lossless: true }),
  })) {
    test(`a grey ${format} becomes one channel`, async () => {
      const image = await decodeImage(await file.toBuffer());
      assert.deepEqual(
        [image.format, image.width, image.height, image.channels, image.data.length],
        [format, width, height, 1, width * height],
      );
    });
  }

  test('a lossless file gives back its pixels exactly, grey and colour', async () => {
    assert.deepEqual(Uint8Array.from((await decodeImage(await encodeImage(grey, 'png'))).data), grey.data);
    assert.deepEqual(Uint8Array.from((await decodeImage(await encodeImage(colour, 'png'))).data), colour.data);
  });

  test('a grey picture stored as colour becomes one channel; one coloured pixel keeps three', async () => {
    const stored = raw(grey).toColourspace('srgb');
    assert.equal((await decodeImage(await stored.clone().jpeg().toBuffer())).channels, 1);
    const almost = Uint8Array.from({ length: width * height * 3 }, (_, i) => grey.data[Math.floor(i / 3)]!);
    almost[almost.length - 1]! ^= 1;
    assert.equal((await decodeImage(await encodeImage({ ...colour, data: almost }, 'png'))).channels, 3);
  });

  test('grey stored as colour keeps every level, at any size; one pixel off in any channel keeps three', async () => {
    for (const pixels of [1, 3, 4, 9]) {
      const levels = Uint8Array.from({ length: pixels }, (_, i) => (i * 83 + 131) % 256);
      const stored: RasterImage = {
        width: pixels,
        height: 1,
        channels: 3,
        data: Uint8Array.from({ length: 3 * pixels }, (_, i) => levels[Math.floor(i / 3)]!),
      };
      assert.deepEqual(Uint8Array.from((await decodeImage(await raw(stored).png().toBuffer())).data), levels);
      for (let at = 0; at < 3 * pixels; at++) {
        const data = stored.data.map((level, i) => (i === at ? level ^ 128 : level));
        const decoded = await decodeImage(
          await raw({ ...stored, data })
            .png()
            .toBuffer(),
        );
        assert.equal(decoded.channels, 3, `byte ${at} of ${pixels} pixels`);
      }
    }
  });

  test('transparency is laid over black', async () => {
    const half = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 200, g: 100, b: 0, alpha: 0.5 } },
    })
      .png()
      .toBuffer();
    const { data, channels } = await decodeImage(half);
    assert.equal(channels, 3);
    assert.ok(Math.abs(data[0]! - 100) <= 1 && Math.abs(data[1]! - 50) <= 1 && data[2] === 0);
    const clear = await sharp({
      create: { width: 4, height: 4, channels: 4, background: { r: 255, g: 255, b: 255, alpha: 0 } },
    })
      .png()
      .toBuffer();
    assert.ok((await decodeImage(clear)).data.every((value) => value === 0));
  });

  test('CMYK becomes RGB', async () => {
    const cmyk = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#c04020' } })
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    const { channels, data } = await decodeImage(cmyk);
    assert.equal(channels, 3);
    assert.ok(data[0]! > data[1]! && data[1]! > data[2]!, [...data.subarray(0, 3)].join());
  });

  test('the EXIF orientation is applied: width and height are those of the upright image', async () => {
    const turned = await greyFile().jpeg().withExif({}).withMetadata({ orientation: 6 }).toBuffer();
    const image = await decodeImage(turned);
    assert.deepEqual([image.width, image.height, image.channels], [height, width, 1]);
  });

  test('a view into a larger buffer is decoded by its own bytes', async () => {
    const png = await encodeImage(grey, 'png');
    const padded = Buffer.concat([Buffer.from('xyz'), png, Buffer.from('tail')]);
    assert.deepEqual(
      Uint8Array.from((await decodeImage(new Uint8Array(padded.buffer, padded.byteOffset + 3, png.length))).data),
      grey.data,
    );
  });
});

describe('refused files', () => {
  test('zero bytes', () => assertRefused(new Uint8Array(0), 'IMAGE_EMPTY', /zero bytes/));
  test('text', () =>
    assertRefused(
      Buffer.from('patient,label\n1,glioma\n'),
      'IMAGE_UNDECODABLE',
      /send JPEG, PNG, TIFF, WebP or DICOM/,
    ));
  test('a few bytes at the very end of their buffer', async () => {
    for (let length = 1; length < 20; length++)
      await assertRefused(new Uint8Array(new ArrayBuffer(64), 64 - length), 'IMAGE_UNDECODABLE', /no image/);
  });
  test('random bytes', () => assertRefused(Buffer.alloc(5000, 0xa5), 'IMAGE_UNDECODABLE', /no image/));

  test('every format is recognised as truncated wherever it is cut', async () => {
    const files = {
      jpeg: greyFile().jpeg(),
      png: greyFile().png(),
      tiff: greyFile().tiff({ compression: 'lzw' }),
      webp: raw(grey).webp(),
    };
    for (const [format, file] of Object.entries(files)) {
      const bytes = await file.toBuffer();
      for (const length of [16, Math.floor(bytes.length / 2), bytes.length - 2]) {
        await assertRefused(
          bytes.subarray(0, length),
          'IMAGE_TRUNCATED',
          new RegExp(`The ${format} ends too early or is damaged`),
        );
      }
    }
  });

  test('a JPEG that misses bytes in the middle', async () => {
    const busy = Uint8Array.from({ length: 64 * 48 }, (_, i) => (i * 37) % 256);
    const bytes = await encodeImage({ width: 64, height: 48, channels: 1, data: busy }, 'jpeg');
    await assertRefused(
      Buffer.concat([bytes.subarray(0, bytes.length - 400), bytes.subarray(bytes.length - 100)]),
      'IMAGE_TRUNCATED',
      /damaged/,
    );
  });

  test('more pixels than the limit, from the header alone', async () => {
    await assertRefused(bomb(60_000, 30_000), 'IMAGE_TOO_LARGE', /60000 x 30000 pixels, the limit is \d+ pixels/);
    await assertRefused(await encodeImage(grey, 'png'), 'IMAGE_TOO_LARGE', /24 x 16/, { maxPixels: 383 });
    await assertRefused(bomb(40_000, 10), 'IMAGE_TOO_LARGE', /32767 pixels on a side/);
  });
  test('more bytes than the limit', async () =>
    assertRefused(await encodeImage(grey, 'png'), 'IMAGE_TOO_LARGE', /the limit is 100/, { maxBytes: 100 }));

  test('colours of 16 bits, and grey of 16 bits with transparency', async () => {
    const deepColour = sharp(new Uint16Array((width * height * 3) / 2).fill(3000), {
      raw: { width, height: height / 2, channels: 3 },
    });
    await assertRefused(
      await deepColour.toColourspace('rgb16').png().toBuffer(),
      'IMAGE_UNSUPPORTED',
      /16-bit channels: only unsigned grey without transparency may have 16 bits/,
    );
    const transparent = sharp(new Uint16Array(width * height * 2).fill(3000), { raw: { width, height, channels: 2 } });
    await assertRefused(await transparent.toColourspace('grey16').png().toBuffer(), 'IMAGE_UNSUPPORTED', /16-bit/);
  });

  test('animations: GIF, WebP, PNG', async () => {
    const frames = { raw: { width, height: height / 2, channels: 1, pageHeight: height / 4 } } as const;
    const animated = sharp(grey.data.subarray(0, (width * height) / 2), frames);
    await assertRefused(await animated.clone().gif().toBuffer(), 'IMAGE_UNSUPPORTED', /GIF files are not accepted/);
    await assertRefused(await animated.clone().webp().toBuffer(), 'IMAGE_UNSUPPORTED', /animation of 2 frames/);
    const png = await encodeImage(grey, 'png');
    await assertRefused(
      Buffer.concat([png.subarray(0, 33), chunk('acTL', Buffer.alloc(8, 1)), png.subarray(33)]),
      'IMAGE_UNSUPPORTED',
      /PNG is an animation/,
    );
  });

  test('files of other kinds are named', async () => {
    const kinds: [string, Buffer][] = [
      ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="5" height="5"/>')],
      ['PDF', Buffer.from('%PDF-1.7 whatever')],
      ['BMP', Buffer.concat([Buffer.from('BM'), Buffer.alloc(60)])],
    ];
    for (const [name, bytes] of kinds)
      await assertRefused(bytes, 'IMAGE_UNSUPPORTED', new RegExp(`${name} files are not accepted`));
  });
});

describe('formats', () => {
  test('a file name that announces another format is mislabelled; one of the same or no format is not', async () => {
    const format = detectFormat(await encodeImage(grey, 'png'));
    assert.equal(format, 'png');
    assert.ok(isMislabelled('scan.jpg', 'png'));
    assert.ok(isMislabelled('scan.txt', 'png'));
    assert.ok(!isMislabelled('SCAN.JPEG', 'jpeg'));
    assert.ok(!isMislabelled('a.b/scan', 'png'));
  });
});

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc(body));
  return Buffer.concat([length, body, check]);
}

/** CRC-32 of a PNG chunk (ISO 3309), bit by bit: `zlib.crc32` is younger than the oldest Node that is supported. */
function crc(bytes: Buffer): number {
  let value = 0xffffffff;
  for (const byte of bytes) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return (value ^ 0xffffffff) >>> 0;
}

/** A PNG whose header promises a huge image and whose data is a few bytes. */
function bomb(bombWidth: number, bombHeight: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(bombWidth, 0);
  header.writeUInt32BE(bombHeight, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.alloc(100))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

test('grey of 16 bits becomes eight by the window of 0.5 to 99.5 % of its values, in PNG and TIFF', async () => {
  const [deepWidth, deepHeight] = [40, 25];
  const words = Uint16Array.from({ length: deepWidth * deepHeight }, (_, at) => 300 + ((at * 7919) % 1000) * 13);
  words[3] = 65_535;
  // By sorting: the smallest values that 5 and 995 of 1000 do not exceed.
  const sorted = [...words].sort((left, right) => left - right);
  const [low, high] = [sorted[4]!, sorted[994]!];
  const expected = [...words].map((word) =>
    word <= low ? 0 : word > high ? 255 : Math.floor(((word - low) * 255) / (high - low)),
  );
  const deep = sharp(words, { raw: { width: deepWidth, height: deepHeight, channels: 1 } }).toColourspace('grey16');
  for (const bytes of [
    await deep.clone().png().toBuffer(),
    await deep.clone().tiff({ compression: 'lzw' }).toBuffer(),
  ]) {
    const { width: decodedWidth, height: decodedHeight, channels, data } = await decodeImage(bytes);
    assert.deepEqual([decodedWidth, decodedHeight, channels], [deepWidth, deepHeight, 1]);
    const largest = Math.max(...expected.map((grey, at) => Math.abs(grey - data[at]!)));
    assert.ok(largest <= 1, `off by ${largest}`);
  }
  await assert.rejects(decodeImage((await deep.clone().png().toBuffer()).subarray(0, 200)), {
    code: 'IMAGE_TRUNCATED',
  });
});
