import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { SulcusError } from '#libs/errors';
import {
  canonicalTransformJson,
  compileTransform,
  drawOps,
  executeDrawn,
  transformHash,
  transforms,
  validateTransform,
  type DrawnOp,
  type RasterImage,
  type TransformSpec,
} from '#libs/imaging';
import { createRandom } from '#libs/random';
import { isCode } from '../../../helpers/errors.js';
import { reference } from '../_reference.js';

/** 3 x 2 pixels, one letter each: a b c / d e f. */
const letters = image(3, 2, [1, 2, 3, 4, 5, 6]);

function image(width: number, height: number, data: number[]): RasterImage {
  return { width, height, channels: 1, data: Uint8Array.from(data) };
}

function run(
  source: RasterImage,
  ops: DrawnOp[],
  width: number,
  height: number,
  interpolation: 'bilinear' | 'nearest' = 'bilinear',
): number[] {
  const output = new Uint8Array(width * height).fill(77);
  executeDrawn({ image: source, canvas: source }, ops, interpolation, output);
  return [...output];
}

function ramp(width: number, height: number): RasterImage {
  return image(
    width,
    height,
    Array.from({ length: width * height }, (_, i) => (i * 7 + (i % width) * 3) % 256),
  );
}

const spec = (overrides: Partial<TransformSpec>): TransformSpec => ({
  name: 'test',
  outputHeight: 8,
  outputWidth: 8,
  channels: 1,
  interpolation: 'bilinear',
  train: [{ op: 'resize', height: 8, width: 8 }],
  eval: [{ op: 'resize', height: 8, width: 8 }],
  normalize: { mean: [0.5], std: [0.5] },
  ...overrides,
});

describe('geometry, by hand', () => {
  for (const interpolation of ['nearest', 'bilinear'] as const) {
    test(`flips mirror whole pixels (${interpolation})`, () => {
      assert.deepEqual(run(letters, [{ kind: 'flip', axis: 'horizontal' }], 3, 2, interpolation), [3, 2, 1, 6, 5, 4]);
      assert.deepEqual(run(letters, [{ kind: 'flip', axis: 'vertical' }], 3, 2, interpolation), [4, 5, 6, 1, 2, 3]);
    });
    test(`a crop is a window, and what lies outside of the image is black (${interpolation})`, () => {
      assert.deepEqual(
        run(letters, [{ kind: 'crop', left: 1, top: 0, width: 2, height: 2 }], 2, 2, interpolation),
        [2, 3, 5, 6],
      );
      assert.deepEqual(
        run(letters, [{ kind: 'crop', left: -1, top: 1, width: 3, height: 2 }], 3, 2, interpolation),
        [0, 4, 5, 0, 0, 0],
      );
    });
    test(`a quarter turn is counter-clockwise, and a turn shows black corners (${interpolation})`, () => {
      const square = image(3, 3, [1, 2, 3, 4, 5, 6, 7, 8, 9]);
      assert.deepEqual(
        run(square, [{ kind: 'rotate', degrees: 90 }], 3, 3, interpolation),
        [3, 6, 9, 2, 5, 8, 1, 4, 7],
      );
      // Seen from the middle, a corner (2, 2) turns onto (2.83, 0), outside of the half width 2.5; (2, 1) turns onto
      // (2.12, 0.71).
      const turned = run(
        image(5, 5, Array<number>(25).fill(9)),
        [{ kind: 'rotate', degrees: 45 }],
        5,
        5,
        interpolation,
      );
      assert.deepEqual(turned, [0, 9, 9, 9, 0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 0, 9, 9, 9, 0]);
    });
  }

  test('what a crop cut away does not come back when the crop is turned', () => {
    const bright = image(6, 6, Array<number>(36).fill(200));
    const output = run(
      bright,
      [
        { kind: 'crop', left: 2, top: 2, width: 3, height: 3 },
        { kind: 'rotate', degrees: 30 },
        { kind: 'crop', left: -1, top: -1, width: 5, height: 5 },
      ],
      5,
      5,
    );
    assert.equal(output[0], 0);
    assert.equal(output[12], 200);
  });

  test('enlarging repeats the edge instead of blending in black', () => {
    assert.deepEqual(
      run(image(2, 1, [100, 200]), [{ kind: 'resize', width: 4, height: 2 }], 4, 2),
      [100, 125, 175, 200, 100, 125, 175, 200],
    );
  });

  test('shrinking by much averages: a fine checkerboard becomes even grey', () => {
    const board = image(
      64,
      64,
      Array.from({ length: 64 * 64 }, (_, i) => (((i % 64) + Math.floor(i / 64)) % 2) * 200),
    );
    const output = run(
      board,
      [
        { kind: 'rotate', degrees: 10 },
        { kind: 'crop', left: 12, top: 12, width: 40, height: 40 },
        { kind: 'resize', width: 10, height: 10 },
      ],
      10,
      10,
    );
    assert.ok(
      output.every((value) => Math.abs(value - 100) < 6),
      output.join(),
    );
  });
});

describe('drawing', () => {
  const draws = <K extends DrawnOp['kind']>(
    ops: TransformSpec['train'],
    kind: K,
    size = { width: 320, height: 256 },
    count = 4000,
  ): Extract<DrawnOp, { kind: K }>[] => {
    const random = createRandom('draws', kind);
    return Array.from({ length: count }, () => drawOps(ops, size, random)).flatMap((drawn) =>
      drawn.filter((op): op is Extract<DrawnOp, { kind: K }> => op.kind === kind),
    );
  };
  const quantile = (values: number[], share: number): number =>
    [...values].sort((a, b) => a - b)[Math.floor(values.length * share)]!;

  test("random resized crops are distributed as torchvision's (deciles of 20,000 draws on 320 x 256)", () => {
    const crops = draws(
      [{ op: 'randomResizedCrop', height: 244, width: 244, areaScale: [0.8, 1], aspectRatio: [3 / 4, 4 / 3] }],
      'crop',
      undefined,
      20_000,
    );
    for (const key of ['top', 'left', 'width', 'height'] as const) {
      const deciles = Array.from({ length: 9 }, (_, i) =>
        quantile(
          crops.map((crop) => crop[key]),
          (i + 1) / 10,
        ),
      );
      deciles.forEach((value, i) =>
        assert.ok(
          Math.abs(value - reference.resizedCropQuantiles[key][i]!) <= 2,
          `${key} decile ${i + 1}: ${value}, torchvision ${reference.resizedCropQuantiles[key][i]}`,
        ),
      );
    }
  });

  test('a crop whose ratio never fits is the largest legal one in the centre', () => {
    const [crop] = draws(
      [{ op: 'randomResizedCrop', height: 8, width: 8, areaScale: [1, 1], aspectRatio: [3 / 4, 4 / 3] }],
      'crop',
      { width: 400, height: 100 },
      1,
    );
    assert.deepEqual(crop, { kind: 'crop', left: 133, top: 0, width: 133, height: 100 });
  });

  test('flips fall with their probability; angles and factors are uniform over their range', () => {
    const flips = draws([{ op: 'randomHorizontalFlip', probability: 0.3 }], 'flip').length / 4000;
    assert.ok(Math.abs(flips - 0.3) < 0.03, `${flips}`);
    const angles = draws([{ op: 'randomRotation', degrees: [-360, 360] }], 'rotate').map(({ degrees }) => degrees);
    for (const share of [0.1, 0.5, 0.9]) assert.ok(Math.abs(quantile(angles, share) - (-360 + 720 * share)) < 25);
    const factors = draws([{ op: 'colorJitter', brightness: [0.9, 1.1], contrast: [0.8, 1.2] }], 'contrast').map(
      ({ factor }) => factor,
    );
    for (const share of [0.1, 0.5, 0.9]) assert.ok(Math.abs(quantile(factors, share) - (0.8 + 0.4 * share)) < 0.02);
  });

  test('brightness and contrast come in either order, equally often', () => {
    const random = createRandom('order');
    const first = Array.from(
      { length: 2000 },
      () => drawOps([{ op: 'colorJitter', brightness: [1, 1], contrast: [1, 1] }], letters, random)[0]!.kind,
    );
    const share = first.filter((kind) => kind === 'brightness').length / first.length;
    assert.ok(Math.abs(share - 0.5) < 0.04, `${share}`);
  });

  test('a random crop takes every place; an image that is too small is centred on black', () => {
    const lefts = new Set(
      draws([{ op: 'randomCrop', height: 200, width: 318 }], 'crop', undefined, 200).map(({ left }) => left),
    );
    assert.deepEqual([...lefts].sort(), [0, 1, 2]);
    assert.deepEqual(
      draws([{ op: 'randomCrop', height: 10, width: 10 }], 'crop', { width: 4, height: 20 }, 1)[0]!.left,
      -3,
    );
  });
});

describe('compiled transforms', () => {
  test('the same random stream gives the same pixels; another gives others', () => {
    const transform = compileTransform(transforms.default!, 'train');
    const source = ramp(120, 100);
    assert.deepEqual(
      transform(source, createRandom(1, 'augment', 0, 'a')),
      transform(source, createRandom(1, 'augment', 0, 'a')),
    );
    assert.notDeepEqual(
      transform(source, createRandom(1, 'augment', 0, 'a')),
      transform(source, createRandom(1, 'augment', 1, 'a')),
    );
  });

  test('preparing once and applying per pass is the same as transforming at once, for every named transform', () => {
    const source = ramp(420, 380);
    for (const named of Object.values(transforms)) {
      for (const mode of ['train', 'eval'] as const) {
        const transform = compileTransform(named, mode);
        const output = new Uint8Array(transform.outputBytes).fill(99);
        transform.apply(transform.prepare(source), createRandom(3), output);
        assert.deepEqual(output, transform(source, createRandom(3)), `${named.name} ${mode}`);
        assert.equal(output.length, named.outputHeight * named.outputWidth * named.channels);
      }
    }
  });

  test('evaluation needs no random numbers; training without them says so', () => {
    const source = ramp(30, 30);
    assert.deepEqual(
      compileTransform(transforms.default!, 'eval')(source),
      compileTransform(transforms.default!, 'eval')(source, createRandom(1)),
    );
    assert.throws(() => compileTransform(transforms.default!, 'train')(source), isCode('INVALID_ARGUMENT'));
  });

  test('grey input fills all channels of an RGB transform; coloured input of a grey one becomes luma', () => {
    const rgb = compileTransform(spec({ channels: 3 }), 'eval')(ramp(8, 8));
    for (let i = 0; i < rgb.length; i += 3) assert.ok(rgb[i] === rgb[i + 1] && rgb[i] === rgb[i + 2]);
    const red: RasterImage = {
      width: 8,
      height: 8,
      channels: 3,
      data: Uint8Array.from({ length: 192 }, (_, i) => (i % 3 === 0 ? 200 : 0)),
    };
    assert.ok(compileTransform(spec({}), 'eval')(red).every((value) => value === 60)); // 0.299 * 200
  });

  test('the prepared copy of a large image is small, and a crop that counts pixels keeps the image whole', () => {
    const source = ramp(1000, 800);
    const prepared = compileTransform(transforms['s0-244']!, 'train').prepare(source);
    assert.deepEqual([prepared.image.height, prepared.canvas.height], [273, 800]); // 244 / √0.8
    assert.equal(compileTransform(transforms['s2-200']!, 'train').prepare(source).image.width, 1000);
  });

  test('the one-pixel image, the long strip and the empty draw go through every named transform', () => {
    for (const source of [image(1, 1, [5]), ramp(900, 3), ramp(2, 700)]) {
      for (const named of Object.values(transforms)) compileTransform(named, 'train')(source, createRandom(named.name));
    }
  });
});

describe('specifications', () => {
  test('every named transform is valid, and its name is the one it is found by', () => {
    for (const [name, named] of Object.entries(transforms)) {
      assert.deepEqual(validateTransform(JSON.parse(JSON.stringify(named))), JSON.parse(JSON.stringify(named)));
      if (name !== 'default') assert.equal(named.name, name);
    }
  });

  test('the hash ignores the order of keys and nothing else', () => {
    const original = transforms.default!;
    const reordered = validateTransform(Object.fromEntries(Object.entries(original).reverse()));
    assert.equal(canonicalTransformJson(reordered), canonicalTransformJson(original));
    assert.equal(transformHash(reordered), transformHash(original));
    assert.notEqual(transformHash({ ...original, channels: 3 }), transformHash(original));
    assert.equal(
      transformHash(validateTransform(JSON.parse(canonicalTransformJson(original)))),
      transformHash(original),
    );
  });

  test('all mistakes are named together, each with its place', () => {
    assert.throws(
      () =>
        validateTransform({
          ...spec({}),
          outputHeight: 0,
          channels: 2,
          train: [{ op: 'resize', height: 8 }, { op: 'sharpen' }],
        }),
      (error: SulcusError) => {
        const { mistakes } = error.details as { mistakes: string[] };
        assert.equal(error.code, 'INVALID_ARGUMENT');
        for (const place of ['outputHeight', 'channels', 'train.0.width', 'train.1'])
          assert.ok(
            mistakes.some((line) => line.startsWith(place)),
            `${place} in ${mistakes.join('; ')}`,
          );
        return true;
      },
    );
  });

  const inconsistent: [string, Partial<TransformSpec>, RegExp][] = [
    ['a size other than the output', { eval: [{ op: 'centerCrop', height: 9, width: 8 }] }, /eval: ends with 9 x 8/],
    ['no certain size', { train: [{ op: 'resizeShorterSide', size: 8 }] }, /train: ends with no certain size/],
    ['a random evaluation', { eval: [{ op: 'randomCrop', height: 8, width: 8 }] }, /eval.0: randomCrop is random/],
    [
      'geometry behind photometry',
      {
        train: [
          { op: 'colorJitter', brightness: [1, 1], contrast: [1, 1] },
          { op: 'resize', height: 8, width: 8 },
        ],
      },
      /train.1: resize must come before colorJitter/,
    ],
    [
      'a range upside down',
      {
        train: [
          { op: 'resize', height: 8, width: 8 },
          { op: 'randomRotation', degrees: [5, -5] },
        ],
      },
      /train.1.degrees: expected \[min, max\]/,
    ],
    ['means without deviations', { normalize: { mean: [0, 0, 0], std: [1] } }, /mean and std/],
  ];
  for (const [what, overrides, message] of inconsistent) {
    test(`${what} is refused`, () => assert.throws(() => validateTransform(spec(overrides)), message));
  }
});

test('images enlarged before random ops are interpolated once: a crop of all of one gives its pixels back', () => {
  const train: TransformSpec['train'] = [
    { op: 'resize', height: 12, width: 12 },
    { op: 'randomResizedCrop', height: 8, width: 8, areaScale: [1, 1], aspectRatio: [1, 1] },
  ];
  const small = ramp(8, 8);
  const enlarge = compileTransform(spec({ train }), 'train');
  assert.deepEqual([...enlarge(small, createRandom(1))], [...small.data]);
  assert.deepEqual(enlarge.prepare(small).canvas, { width: 12, height: 12 });
});
