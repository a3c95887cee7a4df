import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StreamMemory } from '../../../../services/trainer/stream/stream-memory.js';
import { labelStored, scanStored } from './_events.js';

const OPTIONS = { seed: 1, classes: ['left', 'right'], replaySize: 20, heldOutSize: 10 };

const memory = (): StreamMemory => new StreamMemory(OPTIONS);
const classOf = (of: StreamMemory, sampleId: string): number | undefined =>
  of.toRecord().replay.find((sample) => sample.sampleId === sampleId)?.classIndex;

describe('what a stream trainer remembers', () => {
  it('stays as large as it is however much comes', () => {
    const held = memory();
    const sizes = [1000, 2000, 4000].map((upTo) => {
      for (let sequence = held.cursor.scan + 1; sequence <= upTo; sequence++)
        held.apply(scanStored(sequence, { split: sequence % 5 === 0 ? 'SPLIT_VALIDATION' : 'SPLIT_TRAIN' }));
      return JSON.stringify(held.toRecord()).length;
    });
    assert.ok(
      sizes.every((size) => Math.abs(size - sizes[0]!) < 300),
      sizes.join(', '),
    );
    assert.equal([...held.retained()].length, 30);
  });

  it('is balanced over class and site', () => {
    const held = memory();
    for (let sequence = 1; sequence <= 1000; sequence++)
      held.apply(scanStored(sequence, { site: sequence % 10 < 2 ? 'b' : 'a' }));
    const counts: Record<string, number> = {};
    for (const { classIndex, site } of held.toRecord().replay)
      counts[`${classIndex}/${site}`] = (counts[`${classIndex}/${site}`] ?? 0) + 1;
    assert.deepEqual(Object.values(counts), [5, 5, 5, 5]);
  });

  it('replays what was learned less often, until it has caught up', () => {
    const held = memory();
    for (let sequence = 1; sequence <= 20; sequence++) held.apply(scanStored(sequence));
    const late = new Set(['sample-19', 'sample-20']);
    const early = [...held.toRecord().replay].filter(({ id }) => !late.has(id));
    for (let time = 0; time < 30; time++) held.countLearned(early);
    const shareOfLate = (steps: number[]): number => {
      const drawn = steps.flatMap((step) => {
        const samples = held.draw(step, 4);
        held.countLearned(samples);
        return samples;
      });
      return drawn.filter(({ id }) => late.has(id)).length / drawn.length;
    };
    const steps = Array.from({ length: 400 }, (_, index) => index + 1);
    const first = shareOfLate(steps.slice(0, 40));
    assert.ok(first > 0.13, `more than a tenth at first, not ${first}`);
    shareOfLate(steps.slice(40, 200));
    const share = shareOfLate(steps.slice(200));
    assert.ok(share > 0.07 && share < 0.13, `a tenth in the end, not ${share}`);
  });

  it('a stored memory goes on like one that never stopped', () => {
    const whole = memory();
    const events = Array.from({ length: 300 }, (_, index) => scanStored(index + 1, { studyId: `study-${index % 40}` }));
    for (const event of events) whole.apply(event);
    for (let step = 1; step <= 6; step++) whole.countLearned(whole.draw(step, 5));
    const stored = new StreamMemory(OPTIONS, structuredClone(whole.toRecord()));
    const more = [
      labelStored(1, { studyId: 'study-3', label: 'left' }),
      ...Array.from({ length: 50 }, (_, index) => scanStored(301 + index)),
      labelStored(2, { sampleId: 'sample-320', label: 'left' }),
    ];
    for (const event of more) assert.deepEqual(stored.apply(event), whole.apply(event));
    assert.deepEqual(stored.toRecord(), whole.toRecord());
    assert.deepEqual(stored.draw(7, 15), whole.draw(7, 15));
  });
});

describe('labels of a stream', () => {
  it('a sample whose label brings it back from the archive is new when it comes back', () => {
    const held = memory();
    held.apply(scanStored(1, { label: '' }));
    held.apply(labelStored(1, { sampleId: 'sample-1', label: 'right' }));
    const again = { sampleId: 'sample-1', label: 'right' };
    assert.deepEqual(held.apply(scanStored(8, again)), [], 'what was on SCANS all along has been learned');
    const [arrival] = held.apply(scanStored(9, { ...again, lateLabel: true }));
    assert.deepEqual([arrival?.scanSequence, arrival?.classIndex], [9, 1]);
    assert.deepEqual([...held.retained()], [9]);
  });

  it('a sample is new once: when its first label of the class list comes', () => {
    const held = memory();
    assert.deepEqual(held.apply(scanStored(1, { label: '' })), []);
    assert.equal(held.unlabelledCount, 1);
    const [arrival] = held.apply(labelStored(1, { sampleId: 'sample-1', label: 'right' }));
    assert.equal(arrival?.classIndex, 1);
    assert.deepEqual(held.apply(labelStored(2, { sampleId: 'sample-1', label: 'left' })), []);
    assert.equal(classOf(held, 'sample-1'), 0, 'a correction is learned as such from then on');
    assert.equal(held.arrivals, 1);
  });

  it('a label that comes before its scan counts', () => {
    const held = memory();
    held.apply(labelStored(1, { sampleId: 'sample-1', label: 'right' }));
    assert.equal(held.apply(scanStored(1, { label: 'left' }))[0]?.classIndex, 1);
  });

  it('one given to the sample counts before one given to its study, whichever is read first', () => {
    const sample = labelStored(1, { sampleId: 'sample-1', label: 'right', labelledUnixMs: 1 });
    const study = labelStored(2, { studyId: 'study', label: 'left', labelledUnixMs: 2 });
    const scan = scanStored(1, { studyId: 'study', label: '' });
    for (const order of [
      [sample, study, scan],
      [study, sample, scan],
      [scan, sample, study],
      [scan, study, sample],
      [study, scan, sample],
      [sample, scan, study],
    ]) {
      const held = memory();
      for (const event of order) held.apply(event);
      assert.equal(classOf(held, 'sample-1'), 1, order.map(({ kind }) => kind).join(', '));
    }
  });

  it('of two given to the same sample the one given last counts, whichever is read first', () => {
    const early = labelStored(1, { sampleId: 'sample-1', label: 'left', labelledUnixMs: 10 });
    const late = labelStored(2, { sampleId: 'sample-1', label: 'right', labelledUnixMs: 20 });
    for (const order of [
      [early, late],
      [late, early],
    ]) {
      const held = memory();
      held.apply(scanStored(1, { label: '' }));
      for (const event of order) held.apply(event);
      assert.equal(classOf(held, 'sample-1'), 1);
    }
  });

  it('a label of a study makes all its slices new at once', () => {
    const held = memory();
    for (let slice = 1; slice <= 12; slice++) held.apply(scanStored(slice, { studyId: 'study', label: '' }));
    const arrivals = held.apply(labelStored(1, { studyId: 'study', label: 'right' }));
    assert.equal(arrivals.length, 12);
  });

  it('labels outside the class list are counted, and the images wait', () => {
    const held = memory();
    for (let sequence = 1; sequence <= 3; sequence++) held.apply(scanStored(sequence, { label: 'pituitary' }));
    assert.deepEqual([...held.waiting.unknownLabels], [['pituitary', 3]]);
    assert.equal(held.unlabelledCount, 3);
  });

  it('images that waited are new once the class list has their class', () => {
    const held = memory();
    for (let sequence = 1; sequence <= 3; sequence++) held.apply(scanStored(sequence, { label: 'pituitary' }));
    held.apply(scanStored(4, { label: 'pituitary', split: 'SPLIT_GATE' }));
    const classes = [...OPTIONS.classes, 'pituitary'];
    const grown = new StreamMemory({ ...OPTIONS, classes }, structuredClone(held.toRecord()));
    assert.deepEqual(
      grown.takeKnown().map(({ classIndex }) => classIndex),
      [2, 2, 2],
    );
    assert.equal(grown.labelled('SPLIT_GATE').length, 1);
    assert.deepEqual([grown.unlabelledCount, grown.waiting.unknownLabels.size], [0, 0]);
  });

  it('labels by the million for samples that never come take no more room than the limit', () => {
    const held = memory();
    for (let sequence = 1; sequence <= 30_000; sequence++)
      held.apply(labelStored(sequence, { sampleId: `missing-${sequence}` }));
    assert.equal(held.toRecord().labels.samples.length, 20_000);
  });
});
