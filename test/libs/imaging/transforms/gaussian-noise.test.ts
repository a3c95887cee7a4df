import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import type { SulcusError } from '#libs/errors';
import {
  canonicalTransformJson,
  compileTransform,
  defaultTransform,
  transformHash,
  transforms,
  validateTransform,
  type RasterImage,
  type TransformOp,
  type TransformSpec,
} from '#libs/imaging';
import { createRandom } from '#libs/random';
import { addGaussianNoise, standardNormalTable } from '../../../../libs/imaging/transforms/gaussian-noise.js';

interface Reference {
  quantilesSha256: string;
  pixels: { channels: 1 | 3; sigmaLevels: number; seed: number; image: string; noisy: string }[];
  moments: { level: number; sigmaLevels: number; mean: number; variance: number }[];
}

/** Computed by numpy and scipy: see scripts/fixtures/gaussian_noise.py. */
const reference = JSON.parse(
  readFileSync(new URL('../../../fixtures/imaging/gaussian-noise.json', import.meta.url), 'utf8'),
) as Reference;

const noise = (min: number, max = min): TransformOp => ({ op: 'gaussianNoise', sigmaLevels: [min, max] });
const size = 64;
const resize: TransformOp = { op: 'resize', height: size, width: size };
const noisy = (...train: TransformOp[]): TransformSpec => ({
  ...defaultTransform(size),
  name: 'noisy',
  train: [resize, ...train],
});

const grey: RasterImage = { width: size, height: size, channels: 1, data: new Uint8Array(size * size).fill(120) };

function meanAndVariance(values: Uint8Array): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

describe('Gaussian noise', () => {
  test("draws are scipy's quantiles, all of them", () => {
    const bytes = Buffer.from(standardNormalTable().buffer);
    assert.equal(createHash('sha256').update(bytes).digest('hex'), reference.quantilesSha256);
  });

  test('a seed gives the pixels that numpy computes for it, to the bit', () => {
    for (const { channels, sigmaLevels, seed, image, noisy: expected } of reference.pixels) {
      const pixels = new Uint8Array(Buffer.from(image, 'base64'));
      addGaussianNoise(pixels, channels, sigmaLevels, seed);
      assert.equal(Buffer.from(pixels).toString('base64'), expected, `seed ${seed}`);
    }
  });

  test('mean and variance are those of a normal distribution, rounded and clamped', () => {
    for (const { level, sigmaLevels, ...expected } of reference.moments) {
      const pixels = new Uint8Array(1 << 20).fill(level);
      addGaussianNoise(pixels, 1, sigmaLevels, 5);
      const { mean, variance } = meanAndVariance(pixels);
      // Five standard errors of a mean, and of a variance, of so many draws.
      const meanError = 5 * Math.sqrt(expected.variance / pixels.length);
      const varianceError = 5 * expected.variance * Math.sqrt(2 / pixels.length) + 1e-3 * expected.variance;
      const what = `level ${level}, sigma ${sigmaLevels}: ${mean}, ${variance}; expected ${JSON.stringify(expected)}`;
      assert.ok(Math.abs(mean - expected.mean) < meanError, what);
      assert.ok(Math.abs(variance - expected.variance) < varianceError, what);
    }
  });

  test('neighbours and epochs are not alike', () => {
    const draw = (seed: number): number[] => {
      const pixels = new Uint8Array(1 << 16).fill(128);
      addGaussianNoise(pixels, 1, 20, seed);
      return Array.from(pixels, (value) => (value - 128) / 20);
    };
    const [first, second] = [draw(1), draw(2)];
    const correlation = (other: readonly number[], lag: number): number =>
      first.reduce((sum, value, i) => sum + value * other[(i + lag) % other.length]!, 0) / first.length;
    for (const lag of [1, 2, 64]) assert.ok(Math.abs(correlation(first, lag)) < 0.02, `lag ${lag}`);
    assert.ok(Math.abs(correlation(second, 0)) < 0.02);
  });
});

describe('a transform with Gaussian noise', () => {
  const run = (spec: TransformSpec, ...seed: (string | number)[]): Uint8Array =>
    compileTransform(spec, 'train')(grey, createRandom(...seed));

  test('is a function of seed, epoch and sample', () => {
    const spec = noisy(noise(2, 12));
    assert.deepEqual(run(spec, 7, 'augment', 1, 'a'), run(spec, 7, 'augment', 1, 'a'));
    for (const other of [
      [8, 'augment', 1, 'a'] as const,
      [7, 'augment', 2, 'a'] as const,
      [7, 'augment', 1, 'b'] as const,
    ])
      assert.notDeepEqual(run(spec, 7, 'augment', 1, 'a'), run(spec, ...other));
  });

  test('draws the standard deviation uniformly from its range', () => {
    const spec = noisy(noise(2, 12));
    const found = Array.from({ length: 200 }, (_, sample) => Math.sqrt(meanAndVariance(run(spec, sample)).variance));
    found.sort((a, b) => a - b);
    assert.ok(found[0]! > 1.8 && found.at(-1)! < 12.6, `${found[0]} to ${found.at(-1)}`);
    for (const share of [0.25, 0.5, 0.75]) {
      const quantile = found[Math.floor(share * found.length)]!;
      assert.ok(Math.abs(quantile - (2 + 10 * share)) < 1.5, `${share}: ${quantile}`);
    }
  });

  test('leaves evaluation as it is', () => {
    assert.deepEqual(compileTransform(noisy(noise(20)), 'eval')(grey), grey.data);
    assert.throws(
      () => validateTransform({ ...noisy(), eval: [resize, noise(1)] }),
      /eval.1: gaussianNoise is random, and evaluation must give the same pixels/,
    );
  });

  test('adds nothing to the draws of the ops before it', () => {
    const jitter: TransformOp = { op: 'colorJitter', brightness: [0.5, 1.5], contrast: [1, 1] };
    assert.deepEqual(run(noisy(jitter, noise(0)), 3), run(noisy(jitter), 3));
  });

  test('keeps grey pictures grey in three channels', () => {
    const pixels = run({ ...noisy(noise(15)), channels: 3 }, 1);
    for (let i = 0; i < pixels.length; i += 3)
      assert.ok(pixels[i] === pixels[i + 1] && pixels[i] === pixels[i + 2], `pixel ${i / 3}`);
    assert.ok(meanAndVariance(pixels).variance > 100);
  });

  test('is checked: its place, once, and its range', () => {
    const jitter: TransformOp = { op: 'colorJitter', brightness: [1, 1], contrast: [1, 1] };
    for (const [train, message] of [
      [[noise(1), resize], /train.1: resize must come before gaussianNoise/],
      [[resize, noise(1), jitter], /train.2: colorJitter must come before gaussianNoise/],
      [[resize, noise(1), noise(1)], /train.2: gaussianNoise must come before gaussianNoise/],
      [[resize, noise(-1, 1)], /train.1.sigmaLevels/],
      [[resize, noise(1, 129)], /train.1.sigmaLevels/],
      [[resize, noise(2, 1)], /train.1.sigmaLevels: expected \[min, max\]/],
    ] as const) {
      assert.throws(
        () => validateTransform({ ...noisy(), train }),
        (error: SulcusError) => message.test(error.message),
      );
    }
    const spec = noisy(jitter, noise(0, 128));
    assert.deepEqual(validateTransform(JSON.parse(canonicalTransformJson(spec))), spec);
  });

  test('changes no hash of the transforms without it', () => {
    const hashes = Object.values(transforms).map(transformHash);
    const all = createHash('sha256').update(hashes.join()).digest('hex');
    assert.equal(all, 'c134f0c832f73595367cd41a68c2dc8388143a4645f07f411fd7d2f228c1d0c1');
  });
});
