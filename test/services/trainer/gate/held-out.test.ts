import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import type { IndexedSample } from '../../../../services/trainer/data/sample-index.js';
import { classCounts, heldOutSamples, sampleSetHash } from '../../../../services/trainer/gate/held-out.js';

const CLASSES = ['a', 'b'];

/** Nine of ten samples are of the first class. */
const samples: IndexedSample[] = Array.from({ length: 200 }, (_, index) => ({
  scanSequence: index + 1,
  sampleId: createHash('sha256').update(String(index)).digest('hex'),
  split: 'SPLIT_GATE',
  classIndex: index % 10 === 0 ? 1 : 0,
}));

it('all samples are held out while they fit', () => {
  assert.deepEqual(heldOutSamples(samples, 'gate', 200), samples);
});

it('of more, those with the smallest keyed hashes are, as many of each class where there are enough', () => {
  const chosen = heldOutSamples(samples, 'gate', 60);
  assert.deepEqual(classCounts(chosen, CLASSES), { a: 40, b: 20 });
  const hashOf = ({ sampleId }: IndexedSample): string =>
    createHash('sha256').update(`gate 1 ${sampleId}`).digest('hex');
  const smallest = samples
    .filter(({ classIndex }) => classIndex === 0)
    .sort((x, y) => (hashOf(x) < hashOf(y) ? -1 : 1))
    .slice(0, 40);
  assert.deepEqual(
    chosen.filter(({ classIndex }) => classIndex === 0).map(({ sampleId }) => sampleId),
    smallest.sort((x, y) => x.scanSequence - y.scanSequence).map(({ sampleId }) => sampleId),
  );
  assert.deepEqual(classCounts(heldOutSamples(samples, 'gate', 30), CLASSES), { a: 15, b: 15 });
});

it('what came first changes nothing, and what joins later moves only what gives way', () => {
  const reversed = [...samples].reverse();
  assert.deepEqual(heldOutSamples(reversed, 'gate', 60), heldOutSamples(samples, 'gate', 60));
  const ids = (count: number): Set<string> =>
    new Set(heldOutSamples(samples.slice(0, count), 'gate', 60).map(({ sampleId }) => sampleId));
  const [before, afterwards] = [ids(180), ids(200)];
  const gone = [...before].filter((id) => !afterwards.has(id));
  assert.equal(gone.length, [...afterwards].filter((id) => !before.has(id)).length);
  assert.ok(gone.length < 10, `${gone.length} of 60 changed`);
});

it('a set has one name whatever the class list of who asks, and another when a label is corrected', () => {
  const chosen = heldOutSamples(samples.slice(0, 20), 'gate', 100);
  const turned = chosen.map((sample) => ({ ...sample, classIndex: 1 - sample.classIndex }));
  assert.equal(sampleSetHash(turned, ['b', 'a']), sampleSetHash(chosen, CLASSES));
  assert.equal(sampleSetHash([...chosen].reverse(), CLASSES), sampleSetHash(chosen, CLASSES));
  assert.notEqual(sampleSetHash(turned, CLASSES), sampleSetHash(chosen, CLASSES));
});

it('a label that is corrected while models answer does not change what they are measured against', () => {
  const mutable = { ...samples[0]! };
  const [held] = heldOutSamples([mutable], 'gate', 10);
  mutable.classIndex = 0;
  assert.equal(held!.classIndex, 1);
});
