import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  compileTransform,
  heatColours,
  overlayHeat,
  projectHeatMap,
  transforms,
  type RasterImage,
  type TransformSpec,
} from '#libs/imaging';

const spec = (evaluation: TransformSpec['eval'], size: number): TransformSpec => ({
  ...transforms['default']!,
  outputHeight: size,
  outputWidth: size,
  eval: evaluation,
});

/** A grey head on black with a small bright lesion. */
function headWithLesion(width: number, height: number, lesion: { x: number; y: number }): RasterImage {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const inside = ((x - width * 0.55) / (width * 0.3)) ** 2 + ((y - height * 0.45) / (height * 0.35)) ** 2 < 1;
      const distance = Math.hypot(x + 0.5 - lesion.x, y + 0.5 - lesion.y);
      data[y * width + x] = inside ? Math.round(80 + 175 * Math.exp(-((distance / 8) ** 2))) : 0;
    }
  }
  return { width, height, channels: 1, data };
}

/** Middle of what is brighter than nine tenths of the brightest. */
function middleOfPeak({ width, data }: RasterImage): { x: number; y: number } {
  const least = 0.9 * Math.max(...data);
  const places = [...data.keys()].filter((index) => data[index]! >= least);
  const mean = (of: (index: number) => number): number =>
    places.reduce((sum, index) => sum + of(index) + 0.5, 0) / places.length;
  return { x: mean((index) => index % width), y: mean((index) => Math.floor(index / width)) };
}

describe('a heat map laid over its image', () => {
  it('has the bilinear values of its cells, outermost cells continued, by hand', () => {
    const image: RasterImage = { width: 8, height: 8, channels: 1, data: new Uint8Array(64) };
    const heatMap = { width: 2, height: 2, data: Float32Array.of(0, 4, -8, 4), grid: { stridePx: 4, centerPx: 2 } };
    const { data, width, height, channels } = projectHeatMap(
      image,
      heatMap,
      spec([{ op: 'resize', height: 8, width: 8 }], 8),
    );
    assert.deepEqual([width, height, channels], [8, 8, 1]);
    // Pixel centres 0.5 … 7.5 lie at (centre - 2) / 4 between the cells; 4 is level 255.
    const shares = [0, 0, 1 / 8, 3 / 8, 5 / 8, 7 / 8, 1, 1];
    const level = (value: number): number => Math.max(0, Math.round((255 * value) / 4));
    assert.deepEqual(
      [...data.subarray(0, 8)],
      shares.map((share) => level(4 * share)),
    );
    assert.deepEqual(
      [...data.subarray(56)],
      shares.map((share) => level(-8 + 12 * share)),
    );
    assert.deepEqual(
      [...data.subarray(24, 32)],
      shares.map((share) => level((5 / 8) * 4 * share + (3 / 8) * (-8 + 12 * share))),
    );
  });

  it('follows strided layers: their cells lie beside where resizing would put them', () => {
    const image: RasterImage = { width: 64, height: 64, channels: 1, data: new Uint8Array(4096) };
    const heatMap = { width: 2, height: 2, data: Float32Array.of(0, 0, 0, 1), grid: { stridePx: 32, centerPx: 0.5 } };
    const { data } = projectHeatMap(image, heatMap, spec([{ op: 'resize', height: 64, width: 64 }], 64));
    assert.equal(data[32 * 64 + 32], 255);
    assert.equal(data[31 * 64 + 32], Math.round((255 * 31) / 32));
  });

  for (const [name, size] of [
    ['s2-200', 200],
    ['default-96', 96],
    ['s4-256', 256],
  ] as const) {
    for (const [width, height] of [
      [260, 300],
      [433, 180],
      [150, 150],
    ] as const) {
      it(`${name}: the network's own input lands on the ${width} × ${height} image it was made from`, () => {
        const lesion = { x: width * 0.45, y: height * 0.55 };
        const image = headWithLesion(width, height, lesion);
        const input = compileTransform(transforms[name]!, 'eval')(image);
        const projected = projectHeatMap(
          image,
          { width: size, height: size, data: Float32Array.from(input), grid: { stridePx: 1, centerPx: 0.5 } },
          transforms[name]!,
        );
        assert.deepEqual([projected.width, projected.height], [width, height]);
        const found = middleOfPeak(projected);
        assert.ok(
          Math.hypot(found.x - lesion.x, found.y - lesion.y) < 1,
          `${found.x}, ${found.y} instead of ${lesion.x}, ${lesion.y}`,
        );
      });
    }
  }

  it('ends where the network saw nothing: outside of a crop it is 0', () => {
    const image: RasterImage = { width: 10, height: 6, channels: 1, data: new Uint8Array(60) };
    const one = { width: 1, height: 1, data: Float32Array.of(1), grid: { stridePx: 4, centerPx: 2 } };
    const { data } = projectHeatMap(image, one, spec([{ op: 'centerCrop', height: 4, width: 4 }], 4));
    const inside = (x: number, y: number): boolean => x >= 3 && x < 7 && y >= 1 && y < 5;
    assert.deepEqual(
      [...data],
      Array.from({ length: 60 }, (_, index) => (inside(index % 10, Math.floor(index / 10)) ? 255 : 0)),
    );
  });

  it('is empty when nothing speaks for the class', () => {
    const image: RasterImage = { width: 4, height: 4, channels: 1, data: new Uint8Array(16) };
    const against = { width: 1, height: 1, data: Float32Array.of(-3), grid: { stridePx: 4, centerPx: 2 } };
    assert.ok(
      projectHeatMap(image, against, spec([{ op: 'resize', height: 4, width: 4 }], 4)).data.every(
        (value) => value === 0,
      ),
    );
  });
});

describe('heat colours', () => {
  it('get lighter in even steps', () => {
    const linear = (value: number): number =>
      value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
    // CIE 1976 L* of the relative luminance of sRGB (IEC 61966-2-1).
    const lightness = Array.from({ length: 256 }, (_, level) => {
      const [red, green, blue] = [...heatColours.subarray(3 * level, 3 * level + 3)].map(linear) as [
        number,
        number,
        number,
      ];
      return 116 * Math.cbrt(0.2126 * red + 0.7152 * green + 0.0722 * blue) - 16;
    });
    const steps = Array.from({ length: 15 }, (_, part) => lightness[17 * (part + 1)]! - lightness[17 * part]!);
    assert.ok(Math.min(...steps) > 2 && Math.max(...steps) < 6, steps.join());
  });

  it('lie over the image the more the higher the level, and not at all at level 0', () => {
    const image: RasterImage = { width: 3, height: 1, channels: 1, data: Uint8Array.of(100, 100, 200) };
    const { data, channels } = overlayHeat(image, {
      width: 3,
      height: 1,
      channels: 1,
      data: Uint8Array.of(0, 255, 51),
    });
    assert.equal(channels, 3);
    assert.deepEqual([...data.subarray(0, 3)], [100, 100, 100]);
    assert.deepEqual(
      [...data.subarray(3, 6)],
      [...heatColours.subarray(765)].map((colour) => Math.round(35 + 0.65 * colour)),
    );
    assert.deepEqual(
      [...data.subarray(6)],
      [...heatColours.subarray(153, 156)].map((colour) => Math.round(200 * 0.87 + 0.13 * colour)),
    );
  });
});
