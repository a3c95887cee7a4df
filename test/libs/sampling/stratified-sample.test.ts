import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRandom } from '#libs/random';
import { StratifiedSample } from '#libs/sampling';

const STRATA = ['glioma/a', 'glioma/b', 'notumor/a', 'pituitary/b'];

/** Items of which the first stratum has half, the last few. */
const arrivals = Array.from({ length: 3000 }, (_, index) => ({
  stratum: STRATA[index % 2 === 0 ? 0 : index % 50 === 1 ? 3 : 1 + (index % 3 === 0 ? 1 : 0)]!,
  item: { id: `sample-${index}` },
}));

const fill = (order: typeof arrivals, capacity = 200): StratifiedSample<{ id: string }> => {
  const sample = new StratifiedSample<{ id: string }>('test', { total: capacity });
  for (const { stratum, item } of order) sample.add(stratum, item);
  return sample;
};

const ids = (sample: StratifiedSample<{ id: string }>): string[] => [...sample.items()].map(({ id }) => id);

describe('a stratified sample', () => {
  it('is a function of what came, not of the order in which it came', () => {
    const expected = ids(fill(arrivals));
    for (let order = 0; order < 5; order++) {
      assert.deepEqual(ids(fill(createRandom('order', order).shuffle([...arrivals]))), expected);
    }
  });

  it('is the same after any number of restarts and when two parts are merged', () => {
    const expected = ids(fill(arrivals));
    const halves = [arrivals.slice(0, 1300), arrivals.slice(1300)].map((part) => fill(part));
    assert.deepEqual(ids(fill(halves.flatMap((half) => half.toRecord()))), expected);
    let resumed = fill([]);
    for (let start = 0; start < arrivals.length; start += 700) {
      resumed = fill([...resumed.toRecord(), ...arrivals.slice(start, start + 700)]);
    }
    assert.deepEqual(ids(resumed), expected);
  });

  it('never holds more than its capacity, shared out evenly where strata have enough', () => {
    const sample = fill(arrivals);
    assert.equal(sample.size, 200);
    const sizes = Object.values(sample.sizes);
    assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, JSON.stringify(sample.sizes));
  });

  it('gives a small stratum all it has and shares out the rest', () => {
    const few = [
      ...arrivals,
      { stratum: 'rare/c', item: { id: 'rare-1' } },
      { stratum: 'rare/c', item: { id: 'rare-2' } },
    ];
    assert.deepEqual(fill(few).sizes, {
      'glioma/a': 50,
      'glioma/b': 50,
      'notumor/a': 49,
      'pituitary/b': 49,
      'rare/c': 2,
    });
  });

  it('holds each item of a stratum with the same probability', () => {
    const counts = new Map<string, number>();
    for (let key = 0; key < 400; key++) {
      const sample = new StratifiedSample<{ id: string }>(`key ${key}`, { perStratum: 10 });
      for (let index = 0; index < 100; index++) sample.add('one', { id: String(index) });
      for (const { id } of sample.items()) counts.set(id, (counts.get(id) ?? 0) + 1);
    }
    // Binomial(400, 0.1): mean 40, standard deviation 6.
    for (const [id, count] of counts) assert.ok(count > 10 && count < 75, `${id}: ${count}`);
    assert.equal(counts.size, 100);
  });

  it('says what gives way, and counts an item once whatever it is called again', () => {
    const sample = new StratifiedSample<{ id: string }>('test', { perStratum: 1 });
    assert.equal(sample.add('a', { id: '1' }), undefined);
    assert.equal(sample.add('a', { id: '1' }), undefined);
    const gone = sample.add('a', { id: '2' });
    assert.ok(gone && !sample.has(gone.id));
    assert.equal(sample.size, 1);
  });

  it('moves an item to another stratum when its label changes, and forgets what is removed', () => {
    const sample = new StratifiedSample<{ id: string }>('test', { total: 10 });
    sample.add('a', { id: '1' });
    sample.add('b', { id: '1' });
    assert.deepEqual(sample.sizes, { b: 1 });
    assert.equal(sample.remove('1')?.id, '1');
    assert.equal(sample.size, 0);
  });

  it('draws every stratum as often as any other, and nothing twice in a draw', () => {
    const sample = fill([...arrivals.slice(0, 60), { stratum: 'rare/c', item: { id: 'rare' } }]);
    const draws = Array.from({ length: 2000 }, (_, step) => sample.draw(createRandom('draw', step), 4));
    for (const drawn of draws) assert.equal(new Set(drawn).size, 4);
    const rare = draws.flat().filter(({ id }) => id === 'rare').length / draws.length;
    assert.ok(
      rare > 0.5,
      `the one item of its stratum is in ${rare} of the draws of 4 over ${Object.keys(sample.sizes).length} strata`,
    );
  });

  it('of several candidates takes the one of the lowest rank: the lowest of n items with 1 − (1 − 1/n)³', () => {
    const sample = fill(Array.from({ length: 10 }, (_, index) => ({ stratum: 'a', item: { id: String(index) } })));
    const preference = { candidates: 3, rank: ({ id }: { id: string }) => Number(id) };
    const draws = Array.from({ length: 4000 }, (_, step) => sample.draw(createRandom('rank', step), 1, preference)[0]!);
    const lowest = draws.filter(({ id }) => id === '0').length / draws.length;
    const highest = draws.filter(({ id }) => id === '9').length / draws.length;
    assert.ok(Math.abs(lowest - (1 - 0.9 ** 3)) < 0.03, `the lowest in ${lowest}`);
    assert.ok(Math.abs(highest - 0.1 ** 3) < 0.003, `the highest in ${highest}`);
  });

  it('in the share s of the draws only: the lowest of n items with s (1 − (1 − 1/n)³) + (1 − s)/n', () => {
    const sample = fill(Array.from({ length: 10 }, (_, index) => ({ stratum: 'a', item: { id: String(index) } })));
    const preference = { candidates: 3, share: 0.6, rank: ({ id }: { id: string }) => Number(id) };
    const draws = Array.from(
      { length: 4000 },
      (_, step) => sample.draw(createRandom('share', step), 1, preference)[0]!,
    );
    const lowest = draws.filter(({ id }) => id === '0').length / draws.length;
    assert.ok(Math.abs(lowest - (0.6 * (1 - 0.9 ** 3) + 0.4 / 10)) < 0.03, `the lowest in ${lowest}`);
  });

  it('draws what there is, repeated, when more is asked for', () => {
    const sample = new StratifiedSample<{ id: string }>('test', { total: 10 });
    assert.deepEqual(sample.draw(createRandom('none'), 3), []);
    sample.add('a', { id: '1' });
    assert.equal(sample.draw(createRandom('one'), 3).length, 3);
  });

  it('refuses a capacity below 1', () => {
    assert.throws(() => new StratifiedSample('test', { total: 0 }), { code: 'INVALID_ARGUMENT' });
  });
});
