import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import sharp, { type JpegOptions } from 'sharp';
import { SulcusError } from '#libs/errors';
import { decodeImage, type DecodedImage } from '#libs/imaging';
import { createRandom } from '#libs/random';

/** JPEGs, and what libjpeg's scaled decoding makes of them at half size: see scripts/fixtures/jpeg_halved.py. The last one has restart markers. */
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

const general = (bytes: Buffer): Promise<DecodedImage> => decodeImage(bytes);
const onThisThread = (bytes: Buffer): Promise<DecodedImage> => decodeImage(bytes, { onThisThread: true });
const halfOf = (bytes: Buffer): Promise<DecodedImage> =>
  decodeImage(bytes, { onThisThread: true, isHalved: () => true });

/** Only the decoder of grey JPEGs can halve, so this tells whether it took the file. */
async function isTaken(bytes: Buffer): Promise<boolean> {
  const { width, original } = await halfOf(bytes);
  return width < original.width;
}

/** The image, or the code of the error that refused it. */
const outcome = async (decoding: Promise<DecodedImage>): Promise<unknown> =>
  decoding.then(
    ({ data, ...rest }) => ({ ...rest, pixels: Buffer.from(data).toString('base64') }),
    (error: unknown) => (error instanceof SulcusError ? error.code : error),
  );

async function assertSameOutcome(bytes: Buffer, what: string): Promise<void> {
  assert.deepEqual(await outcome(onThisThread(bytes)), await outcome(general(bytes)), what);
}

describe('JPEGs of grey pictures, decoded by the calling thread', () => {
  test("have libjpeg's pixels to the bit: any size, quality, sampling of chroma, and code", async () => {
    for (const [width, height] of [
      [8, 8],
      [3, 2],
      [17, 33],
      [50, 38],
    ] as const) {
      for (const options of [
        { quality: 1 },
        { quality: 65, chromaSubsampling: '4:2:0' },
        { quality: 95, chromaSubsampling: '4:4:4', optimiseCoding: false },
        { quality: 100 },
      ] satisfies JpegOptions[]) {
        for (const isOneComponent of [true, false]) {
          const bytes = await jpegOf(width, height, options, isOneComponent);
          const what = `${width} x ${height} ${JSON.stringify(options)}, ${isOneComponent ? 1 : 3} components`;
          assert.ok(await isTaken(bytes), what);
          await assertSameOutcome(bytes, what);
        }
      }
    }
    for (const { jpeg } of halved) await assertSameOutcome(Buffer.from(jpeg, 'base64'), jpeg.slice(0, 200));
  });

  test('come at half size as libjpeg halves them, to the bit, restart markers included', async () => {
    for (const { jpeg, png } of halved) {
      const { data, width, height, original } = await halfOf(Buffer.from(jpeg, 'base64'));
      const expected = await decodeImage(Buffer.from(png, 'base64'));
      assert.deepEqual(
        [width, height, original.width, original.height],
        [expected.width, expected.height, 2 * expected.width, 2 * expected.height],
      );
      assert.deepEqual(Uint8Array.from(data), Uint8Array.from(expected.data));
    }
  });

  test('come whole when the size is asked for and half is not wanted', async () => {
    const asked: unknown[] = [];
    const { width, original } = await decodeImage(await jpegOf(20, 12, {}), {
      onThisThread: true,
      isHalved: (size) => asked.push([size.width, size.height]) < 0,
    });
    assert.deepEqual([width, original, asked], [20, { width: 20, height: 12 }, [[20, 12]]]);
  });
});

describe('other JPEGs, left to the general decoder', () => {
  test('progressive, coloured, to be turned, RGB without luma: same image, never halved', async () => {
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
      assert.ok(!(await isTaken(bytes)), what);
      await assertSameOutcome(bytes, what);
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
    assert.equal((await onThisThread(bytes)).channels, 3);
    await assertSameOutcome(bytes, 'spot');
  });

  test('a second frame header, of another size than the one whose pixels were counted', async () => {
    const bytes = await jpegOf(40, 24, {}, true);
    const at = bytes.indexOf(Buffer.from([0xff, 0xc0]));
    const second = Buffer.from(bytes.subarray(at, at + 2 + bytes.readUInt16BE(at + 2)));
    second.writeUInt16BE(16, 5);
    const doubled = Buffer.concat([bytes.subarray(0, at + second.length), second, bytes.subarray(at + second.length)]);
    assert.equal(await outcome(onThisThread(doubled)), 'IMAGE_TRUNCATED');
    await assertSameOutcome(doubled, 'two frames');
  });

  test('what is cut short or damaged anywhere ends as the general decoder ends: the same error, or the same pixels', async () => {
    const random = createRandom('damage');
    const files = [await jpegOf(40, 32, { quality: 60 }), Buffer.from(halved.at(-1)!.jpeg, 'base64')];
    for (const bytes of files) {
      for (let cut = 0; cut < 25; cut++) {
        const length = random.integer(4, bytes.length - 1);
        await assertSameOutcome(bytes.subarray(0, length), `cut at ${length}`);
      }
      for (let damage = 0; damage < 150; damage++) {
        const [at, value] = [random.integer(2, bytes.length - 1), random.integer(0, 255)];
        const damaged = Buffer.from(bytes);
        damaged[at] = value;
        await assertSameOutcome(damaged, `${value} at ${at} of ${bytes.length}`);
      }
    }
  });
});
