import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import {
  compileTransform,
  contourWindow,
  PHANTOM_CLASSES,
  renderPhantom,
  transforms,
  validateTransform,
  type RasterImage,
  type TransformSpec,
} from '#libs/imaging';

type Ellipse = [centerX: number, centerY: number, radiusX: number, radiusY: number, ...levels: number[]];
type Picture = [width: number, height: number, channels: 1 | 3, seed: number, noise: number, ellipses: Ellipse[]];

/** What OpenCV makes of drawn pictures: see scripts/fixtures/imaging_contours.py. */
const { cases } = JSON.parse(
  readFileSync(new URL('../../../fixtures/imaging/contours.json', import.meta.url), 'utf8'),
) as {
  cases: { picture: Picture; box: [left: number, top: number, right: number, bottom: number] | null }[];
};

/** Draws a picture as the script does. */
function draw([width, height, channels, seed, noise, ellipses]: Picture): RasterImage {
  const data = new Uint8Array(width * height * channels);
  let state = seed;
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [, , , , ...levels] =
        ellipses.findLast(([cx, cy, rx, ry]) => ((x - cx) * ry) ** 2 + ((y - cy) * rx) ** 2 <= (rx * ry) ** 2) ?? [];
      for (let c = 0; c < channels; c++, i++) {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        data[i] = Math.min(255, (levels[c] ?? 0) + (((state >>> 24) * noise) >> 8));
      }
    }
  }
  return { width, height, channels, data };
}

const ANY_SIZE = { thresholdLevel: 45, marginPixels: 0, minAreaShare: 0 };

describe('the box around the head', () => {
  test("is OpenCV's in every picture: skull rings, cut edges, specks, colour, noise, twins, one pixel wide", () => {
    for (const [index, { picture, box }] of cases.entries()) {
      const found = contourWindow(draw(picture), ANY_SIZE);
      const isEmpty = box !== null && (box[0] === box[2] || box[1] === box[3]);
      if (box === null || isEmpty) {
        assert.equal(found.uncropped, box === null ? 'noContour' : 'smallBox', `picture ${index}`);
        assert.deepEqual([found.left, found.top, found.width, found.height], [0, 0, picture[0], picture[1]]);
      } else {
        assert.deepEqual(
          [found.left, found.top, found.left + found.width, found.top + found.height],
          box,
          `picture ${index}`,
        );
        assert.equal(found.uncropped, undefined);
      }
    }
  });

  /** 40 x 30 with a bright rectangle from (10, 8) to (29, 21), both included. */
  const bright = (): RasterImage => ({
    width: 40,
    height: 30,
    channels: 1,
    data: Uint8Array.from({ length: 1200 }, (_, i) => (i % 40 >= 10 && i % 40 < 30 && i >= 320 && i < 880 ? 200 : 0)),
  });

  test('gets a margin as far as the image goes', () => {
    // The blur widens the bright part by one pixel on each side; the right and bottom extremes are not part of the box.
    assert.deepEqual(contourWindow(bright(), ANY_SIZE), { left: 9, top: 7, width: 21, height: 15 });
    assert.deepEqual(contourWindow(bright(), { ...ANY_SIZE, marginPixels: 3 }), {
      left: 6,
      top: 4,
      width: 27,
      height: 21,
    });
    assert.deepEqual(contourWindow(bright(), { ...ANY_SIZE, marginPixels: 50 }), {
      left: 0,
      top: 0,
      width: 40,
      height: 30,
    });
  });

  test('is not believed when it is smaller than the given share of the image', () => {
    const share = (21 * 15) / 1200;
    assert.equal(contourWindow(bright(), { ...ANY_SIZE, minAreaShare: share }).uncropped, undefined);
    assert.deepEqual(contourWindow(bright(), { ...ANY_SIZE, minAreaShare: share + 0.001 }), {
      left: 0,
      top: 0,
      width: 40,
      height: 30,
      uncropped: 'smallBox',
    });
  });
});

describe('the S4 transform', () => {
  const withoutCrop: TransformSpec = {
    ...transforms['s4-256']!,
    train: transforms['s4-256']!.train.slice(1),
    eval: transforms['s4-256']!.eval.slice(1),
  };
  const evaluate = (spec: TransformSpec, image: RasterImage): Uint8Array => compileTransform(spec, 'eval')(image);

  test('stretches the head of every phantom class over the whole output', () => {
    for (const label of PHANTOM_CLASSES) {
      const image = renderPhantom({ class: label, seed: 5, size: 256 });
      const { left, top, width, height, uncropped } = contourWindow(image, { ...ANY_SIZE, minAreaShare: 0.2 });
      assert.equal(uncropped, undefined, label);
      const head: RasterImage = {
        width,
        height,
        channels: 1,
        data: new Uint8Array(width * height).map(
          (_, i) => image.data[(top + Math.floor(i / width)) * 256 + left + (i % width)]!,
        ),
      };
      assert.deepEqual(evaluate(transforms['s4-256']!, image), evaluate(withoutCrop, head), label);
    }
  });

  test('leaves an image without a head whole, and says so', () => {
    const dark: RasterImage = { width: 100, height: 80, channels: 1, data: new Uint8Array(8000).map((_, i) => i % 40) };
    assert.deepEqual(evaluate(transforms['s4-256']!, dark), evaluate(withoutCrop, dark));
    assert.equal(compileTransform(transforms['s4-256']!, 'train').prepare(dark).uncropped, 'noContour');
    assert.equal(compileTransform(withoutCrop, 'train').prepare(dark).uncropped, undefined);
  });

  test('takes the crop only as the first step', () => {
    const { eval: steps } = transforms['s4-256']!;
    assert.throws(
      () => validateTransform({ ...transforms['s4-256']!, eval: [...steps].reverse().concat(steps[1]!) }),
      /eval\.1: contourCrop must come first/,
    );
  });
});
