import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { exactMcNemar, normalQuantile, pairedDifferenceInterval, pairOutcomes, wilsonInterval } from '#libs/evaluation';

interface Reference {
  paired: { b: number; c: number; n: number; p: number; interval: [number, number] }[];
  wilson: { k: number; n: number; interval: [number, number] }[];
  quantiles: { p: number; z: number }[];
}

/** Made by scripts/fixtures/evaluation_reference.py with SciPy. */
const reference = JSON.parse(
  readFileSync(new URL('../../fixtures/evaluation/reference.json', import.meta.url), 'utf8'),
) as Reference;

const outcomes = ({ b, c, n }: { b: number; c: number; n: number }) => ({
  bothRight: n - b - c,
  onlyFirstRight: b,
  onlySecondRight: c,
  bothWrong: 0,
});

const close = (actual: number, expected: number, tolerance: number, what: string): void =>
  assert.ok(Math.abs(actual - expected) <= tolerance, `${what}: ${actual}, expected ${expected}`);

describe('comparison of two classifiers on the same samples', () => {
  it('the exact one-sided McNemar test agrees with SciPy', () => {
    for (const row of reference.paired) close(exactMcNemar(outcomes(row)) / row.p, 1, 1e-9, JSON.stringify(row));
  });

  it('holds for hundreds of thousands of discordant samples', () => {
    close(exactMcNemar(outcomes({ b: 100_000, c: 100_000, n: 300_000 })), 0.5, 2e-3, 'even');
    close(exactMcNemar(outcomes({ b: 101_000, c: 99_000, n: 300_000 })), 3.9e-6, 2e-7, 'uneven');
  });

  it('is certain of nothing where no sample is discordant', () => {
    assert.equal(exactMcNemar(outcomes({ b: 0, c: 0, n: 50 })), 1);
    assert.equal(exactMcNemar(outcomes({ b: 0, c: 7, n: 50 })), 1);
  });

  it("Tango's interval agrees with a numeric maximisation of the likelihood", () => {
    for (const row of reference.paired) {
      const [low, high] = pairedDifferenceInterval(outcomes(row));
      close(low, row.interval[0], 1e-5, `low of ${JSON.stringify(row)}`);
      close(high, row.interval[1], 1e-5, `high of ${JSON.stringify(row)}`);
    }
  });

  it("Wilson's interval and the normal quantile agree with SciPy", () => {
    for (const { k, n, interval } of reference.wilson) {
      wilsonInterval(k, n).forEach((bound, index) => close(bound, interval[index]!, 1e-8, `${k} of ${n}`));
    }
    for (const { p, z } of reference.quantiles) close(normalQuantile(p), z, 1e-8, `quantile of ${p}`);
  });

  it('counts who was right where, and refuses answers to other samples', () => {
    assert.deepEqual(pairOutcomes([true, true, false, false], [true, false, true, false]), {
      bothRight: 1,
      onlyFirstRight: 1,
      onlySecondRight: 1,
      bothWrong: 1,
    });
    assert.throws(() => pairOutcomes([true], []), { code: 'INVALID_ARGUMENT' });
  });
});
