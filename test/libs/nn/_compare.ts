import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { uniform } from './_formula.js';

/** Reads test/fixtures/nn/<name>.json, written by scripts/fixtures/nn-torch.py. */
export const readFixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../fixtures/nn/${name}.json`, import.meta.url), 'utf8')) as T;

/** Asserts that the largest difference is within `relative` of the largest expected magnitude. */
export function assertClose(
  actual: ArrayLike<number>,
  expected: readonly number[],
  relative: number,
  what: string,
): void {
  assert.equal(actual.length, expected.length, `${what}: number of values`);
  const scale = Math.max(...expected.map(Math.abs));
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs(actual[index]! - value);
    assert.ok(
      difference <= relative * scale,
      `${what}[${index}]: ${actual[index]} differs from ${value} by ${difference / scale} of the largest, ` +
        `${relative} is allowed`,
    );
  }
}

const SAMPLES = 3;

/** As in the fixtures: root mean square, largest magnitude, and values at places drawn by the key. */
export function summary(key: string, data: Float32Array): number[] {
  let squares = 0;
  let largest = 0;
  for (const value of data) {
    squares += value * value;
    largest = Math.max(largest, Math.abs(value));
  }
  const places = Array.from(uniform(`places of ${key}`, SAMPLES), (value) => Math.trunc(value * data.length));
  return [Math.sqrt(squares / data.length), largest, ...places.map((place) => data[place]!)];
}
