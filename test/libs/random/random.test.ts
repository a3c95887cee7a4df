import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '#libs/random';

describe('createRandom', () => {
  it('gives the same numbers for the same parts and others for other parts', () => {
    const draw = (...parts: (string | number)[]): number[] => {
      const random = createRandom(...parts);
      return Array.from({ length: 5 }, () => random.uniform());
    };
    assert.deepEqual(draw(1, 'augment', 0), draw(1, 'augment', 0));
    assert.notDeepEqual(draw(1, 'augment', 0), draw(1, 'augment', 1));
    assert.notDeepEqual(draw(1, '2'), draw('1', 2));
  });

  it('is uniform: mean and variance of 100,000 draws', () => {
    const random = createRandom(42);
    const draws = Array.from({ length: 100_000 }, () => random.uniform());
    const mean = draws.reduce((sum, value) => sum + value) / draws.length;
    const variance = draws.reduce((sum, value) => sum + (value - mean) ** 2, 0) / draws.length;
    // Standard errors: 0.0009 for the mean, 0.00024 for the variance 1/12.
    assert.ok(Math.abs(mean - 0.5) < 0.005 && Math.abs(variance - 1 / 12) < 0.0015, `${mean} ${variance}`);
  });

  it('draws normals of mean 0 and standard deviation 1', () => {
    const random = createRandom(43);
    const draws = Array.from({ length: 100_000 }, () => random.normal());
    const mean = draws.reduce((sum, value) => sum + value) / draws.length;
    const variance = draws.reduce((sum, value) => sum + value ** 2, 0) / draws.length;
    assert.ok(Math.abs(mean) < 0.015 && Math.abs(variance - 1) < 0.025, `${mean} ${variance}`);
    const beyondTwo = draws.filter((value) => Math.abs(value) > 2).length / draws.length;
    // P(|z| > 2) = 0.0455
    assert.ok(Math.abs(beyondTwo - 0.0455) < 0.004, `${beyondTwo}`);
  });

  it('shuffles into every order about equally often', () => {
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 6000; seed++) {
      const order = createRandom(seed, 'order').shuffle(['a', 'b', 'c']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    assert.equal(counts.size, 6);
    for (const count of counts.values()) assert.ok(Math.abs(count - 1000) < 150, `${count}`);
  });
});
