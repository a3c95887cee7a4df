import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  compileTransform,
  decodeImage,
  encodeImage,
  PHANTOM_CLASSES,
  prepareFile,
  renderPhantom,
  s0Transform,
  transformHash,
  transforms,
  withChannels,
  type RasterImage,
  type TransformSpec,
} from '#libs/imaging';
import { createRandom } from '#libs/random';
import { difference } from '../_reference.js';

const grey = (width: number, height: number, level: (x: number, y: number) => number): RasterImage => ({
  width,
  height,
  channels: 1,
  data: Uint8Array.from({ length: width * height }, (_, i) => level(i % width, Math.floor(i / width))),
});
const halving: TransformSpec = { ...s0Transform(8), name: 'halving' };
const { shrink: _, ...resampling } = halving;
const sizes = ({
  image,
  canvas,
}: {
  image: { width: number; height: number };
  canvas: { width: number; height: number };
}): number[] => [image.width, image.height, canvas.width, canvas.height];

describe('training images halved before the random ops', () => {
  test('each pixel is the mean of 2 x 2, rounded, per colour; windows are drawn for the size of the file', () => {
    const prepared = compileTransform(halving, 'train').prepare(grey(16, 16, (x, y) => 10 * x + y));
    assert.deepEqual(sizes(prepared), [8, 8, 16, 16]);
    // The mean of 10 x + y over x, x + 1 and y, y + 1 is 10 x + y + 5.5: rounded up.
    for (const [x, y] of [
      [0, 0],
      [3, 1],
      [7, 7],
    ] as const)
      assert.equal(prepared.image.data[8 * y + x], 20 * x + 2 * y + 6);
    const colour: RasterImage = {
      width: 16,
      height: 16,
      channels: 3,
      data: Uint8Array.from({ length: 768 }, (_, i) => (i % 3 === 1 ? 200 : 40 * (i % 3))),
    };
    assert.deepEqual(
      [
        ...compileTransform({ ...halving, channels: 3 }, 'train')
          .prepare(colour)
          .image.data.subarray(0, 6),
      ],
      [0, 200, 80, 0, 200, 80],
    );
  });

  test("as often as the shorter side keeps the output's length; odd sides are resampled", () => {
    const prepare = (width: number, height: number): number[] =>
      sizes(compileTransform(halving, 'train').prepare(grey(width, height, (x) => x)));
    assert.deepEqual(prepare(64, 48), [12, 9, 64, 48], 'halved to 16 x 12, which is resampled to 9 pixels: 8 / √0.8');
    assert.deepEqual(prepare(32, 34), [9, 10, 32, 34], 'halved to 16 x 17, which has an odd side');
    assert.deepEqual(prepare(15, 15), [9, 9, 15, 15]);
    assert.deepEqual(prepare(14, 14), [9, 9, 14, 14]);
  });

  test('not for evaluation, nor where a transform does not ask for it: its hash and its pixels stay', () => {
    const image = grey(16, 16, (x, y) => (x * y) % 256);
    assert.deepEqual(compileTransform(halving, 'eval')(image), compileTransform(resampling, 'eval')(image));
    assert.deepEqual(sizes(compileTransform(resampling, 'train').prepare(image)), [9, 9, 16, 16]);
    assert.notEqual(transformHash(halving), transformHash(resampling));
    assert.equal(transformHash({ ...resampling, shrink: undefined }), transformHash(resampling));
  });
});

describe('files prepared', () => {
  const phantom = renderPhantom({ class: PHANTOM_CLASSES[1], seed: 1, size: 512, patient: 3 });

  test('a JPEG halved while it is decoded is its pixels halved, but for rounding and clamped levels', async () => {
    const bytes = await encodeImage(withChannels(phantom, 3), 'jpeg', { quality: 65 });
    const transform = compileTransform(s0Transform(244), 'train');
    const fromFile = await prepareFile(bytes, transform);
    const fromPixels = transform.prepare(await decodeImage(bytes));
    assert.deepEqual(
      [sizes(fromFile), sizes(fromPixels)],
      [
        [256, 256, 512, 512],
        [256, 256, 512, 512],
      ],
    );
    const { max, mean } = difference(fromFile.image.data, fromPixels.image.data);
    assert.ok(max <= 4 && mean > 0 && mean < 0.2, `largest ${max}, mean ${mean}`);
  });

  test('are what decoding and transforming make of them, for transforms that do not halve', async () => {
    const bytes = await encodeImage(withChannels(phantom, 3), 'jpeg');
    const image = await decodeImage(bytes);
    for (const spec of Object.values(transforms)) {
      for (const mode of ['train', 'eval'] as const) {
        const transform = compileTransform(spec, mode);
        if (transform.halves(image)) continue;
        const output = new Uint8Array(transform.outputBytes);
        transform.apply(await prepareFile(bytes, transform), createRandom(3), output);
        assert.deepEqual(output, transform(image, createRandom(3)), `${spec.name} ${mode}`);
      }
    }
  });
});
