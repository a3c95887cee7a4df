import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import sharp, { type JpegOptions } from 'sharp';
import { SulcusError } from '#libs/errors';
import { decodeImage, type DecodedImage } from '#libs/imaging';
import { createRandom } from '#libs/random';

/**
 * JPEGs, and what libjpeg's scaled decoding makes of them at half size: see scripts/fixtures/jpeg_halved.py. The last
 * one has restart markers.
 */
const halved = JSON.parse(
  readFileSync(new URL('../../../fixtures/imaging/jpeg-halved.json', import.meta.url), 'utf8'),
) as { jpeg: string; png: string }[];

/** A file of a noisy picture with a black border; three components unless `isOneComponent`. */
function jpegOf(width: number, height: number, options: JpegOptions, isOneComponent = false): Promise<Buffer> {
  const random = createRandom('grey jpeg', width, height);
  const level = (x: number, y: number): number =>
    x < width / 5
      ? 0
      : Math.floor(128 + 90 * Math.sin(x / 4) * Math.cos(y / 6)) ^ (y > height / 2 ? random.integer(0, 63) : 0);
  const data = Uint8Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width)));
  return sharp(data, { raw: { width, height, channels: 1 } })
    .toColourspace(isOneComponent ? 'b-w' : 'srgb')
    .jpeg(options)
    .toBuffer();
}

const whole = (bytes: Buffer): Promise<DecodedImage> => decodeImage(bytes);
const half = (bytes: Buffer): Promise<DecodedImage> => decodeImage(bytes, { mayHalve: () => true });
const isHalved = ({ width, original }: DecodedImage): boolean => width < original.width;

/** The image, or the code of the error that refused it. */
const outcome = async (decoding: Promise<DecodedImage>): Promise<DecodedImage | string> =>
  decoding.catch((error: unknown) => {
    if (error instanceof SulcusError) return error.code;
    throw error;
  });

/** Largest distance of a halved image from the means of 2 x 2 pixels of the whole one. */
function distance(small: DecodedImage, large: DecodedImage): number {
  let largest = 0;
  // The last row and column of an odd side are means with what fills the block beyond the picture.
  for (let y = 0; y < Math.floor(large.height / 2); y++) {
    for (let x = 0; x < Math.floor(large.width / 2); x++) {
      const at = 2 * y * large.width + 2 * x;
      const sum = [0, 1, large.width, large.width + 1].reduce((total, offset) => total + large.data[at + offset]!, 0);
      largest = Math.max(largest, Math.abs(small.data[y * small.width + x]! - sum / 4));
    }
  }
  return largest;
}

/** A file is refused by both or by none; one that is not halved has the same pixels. */
async function assertAgrees(bytes: Buffer, what: string): Promise<void> {
  const [small, large] = await Promise.all([outcome(half(bytes)), outcome(whole(bytes))]);
  if (typeof small === 'string' || typeof large === 'string' || !isHalved(small))
    return assert.deepEqual(small, large, what);
  assert.deepEqual(small.original, { width: large.width, height: large.height }, what);
  assert.equal(large.channels, 1, what);
}

describe('JPEGs of grey pictures that may come at half size', () => {
  test('come as libjpeg halves them, to the bit, at any size, quality, sampling of chroma and code', async () => {
    for (const [index, { jpeg, png }] of halved.entries()) {
      const { data, width, height, original } = await half(Buffer.from(jpeg, 'base64'));
      const [expected, source] = await Promise.all([png, jpeg].map((file) => decodeImage(Buffer.from(file, 'base64'))));
      assert.deepEqual(
        [width, height, original],
        [expected!.width, expected!.height, { width: source!.width, height: source!.height }],
      );
      assert.ok(Buffer.from(data).equals(expected!.data), `file ${index}`);
    }
  });

  test('are the means of 2 x 2 pixels but for rounding, where nothing was clamped', async () => {
    for (const isOneComponent of [true, false]) {
      for (const options of [{ quality: 90 }, { quality: 90, chromaSubsampling: '4:4:4' }] satisfies JpegOptions[]) {
        const flat = await sharp(await jpegOf(90, 70, {}, isOneComponent))
          .linear(0.5, 60)
          .toColourspace(isOneComponent ? 'b-w' : 'srgb')
          .jpeg(options)
          .toBuffer();
        const small = await half(flat);
        assert.ok(isHalved(small));
        const largest = distance(small, await whole(flat));
        assert.ok(largest <= 1.5, `${isOneComponent ? 1 : 3} components, ${JSON.stringify(options)}: ${largest}`);
      }
    }
  });

  test('come whole where half of their size is not wanted', async () => {
    const asked: unknown[] = [];
    const { width, original } = await decodeImage(await jpegOf(20, 12, {}), {
      mayHalve: (size) => asked.push([size.width, size.height]) < 0,
    });
    assert.deepEqual([width, original, asked], [20, { width: 20, height: 12 }, [[20, 12]]]);
  });
});

describe('other JPEGs that may come at half size', () => {
  test('progressive, coloured, to be turned, RGB without luma: come whole', async () => {
    const grey = await jpegOf(40, 24, { quality: 80 });
    const coloured = sharp(await sharp(grey).png().toBuffer()).tint('#d04020');
    const files = {
      progressive: await jpegOf(40, 24, { progressive: true }),
      coloured: await coloured.clone().jpeg().toBuffer(),
      turned: await sharp(grey).withExif({}).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
      cmyk: await coloured.clone().toColourspace('cmyk').jpeg().toBuffer(),
      'components named R, G, B': Buffer.from(
        grey
          .toString('latin1')
          .replace('\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01', '\x03R\x22\x00G\x11\x01B\x11\x01')
          .replace('\x03\x01\x00\x02\x11\x03\x11', '\x03R\x00G\x11B\x11'),
        'latin1',
      ),
    };
    assert.notDeepEqual(files['components named R, G, B'], grey);
    for (const [what, bytes] of Object.entries(files)) {
      assert.ok(!isHalved(await half(bytes)), what);
      await assertAgrees(bytes, what);
    }
  });

  test('a spot of colour in the last block keeps three channels', async () => {
    const { data, info } = await sharp(await jpegOf(64, 48, {}))
      .raw()
      .toBuffer({ resolveWithObject: true });
    data[data.length - 3]! ^= 128;
    const bytes = await sharp(data, { raw: { width: info.width, height: info.height, channels: 3 } })
      .jpeg({ quality: 95 })
      .toBuffer();
    assert.equal((await half(bytes)).channels, 3);
    await assertAgrees(bytes, 'spot');
  });

  test('a second frame header, of another size than the one whose pixels were counted, is refused', async () => {
    const bytes = await jpegOf(40, 24, {}, true);
    const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    const second = Buffer.from(bytes.subarray(at, at + 2 + bytes.readUInt16BE(at + 2)));
    second.writeUInt16BE(16, 5);
    const doubled = Buffer.concat([bytes.subarray(0, at + second.length), second, bytes.subarray(at + second.length)]);
    assert.equal(await outcome(half(doubled)), 'IMAGE_TRUNCATED');
    await assertAgrees(doubled, 'two frames');
  });

  test('what is damaged is refused with the same error as when it comes whole, or not at all', async () => {
    const random = createRandom('damage');
    const files = [await jpegOf(40, 32, { quality: 60 }), Buffer.from(halved.at(-1)!.jpeg, 'base64')];
    for (const bytes of files) {
      for (let cut = 0; cut < 25; cut++) {
        const length = random.integer(4, bytes.length - 1);
        await assertAgrees(bytes.subarray(0, length), `cut at ${length}`);
      }
      for (let damage = 0; damage < 150; damage++) {
        const [at, value] = [random.integer(2, bytes.length - 1), random.integer(0, 255)];
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        await assertAgrees(damaged, `${value} at ${at} of ${bytes.length}`);
      }
    }
  });
});
