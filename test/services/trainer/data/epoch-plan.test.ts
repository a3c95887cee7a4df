import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ledger } from '../../../../services/trainer/data/ledger.js';
import { EpochPlan } from '../../../../services/trainer/data/epoch-plan.js';
import type { IndexedSample } from '../../../../services/trainer/data/sample-index.js';

const options = { seed: 7, batchSize: 4, classBalanced: false };

const samples = (count: number, classOf = (sequence: number) => sequence % 3): IndexedSample[] =>
  Array.from({ length: count }, (_, index) => ({
    scanSequence: index + 1,
    sampleId: `s${index + 1}`,
    split: 'SPLIT_TRAIN',
    classIndex: classOf(index + 1),
  }));

function drain(plan: EpochPlan): number[][] {
  const batches: number[][] = [];
  for (let batch = plan.next(); batch.length > 0; batch = plan.next())
    batches.push(batch.map(({ scanSequence }) => scanSequence));
  return batches;
}

describe('EpochPlan', () => {
  it('gives every sample of the snapshot once, in batches, the last one smaller', () => {
    const batches = drain(new EpochPlan(new Ledger(0, 10), () => samples(10), options));
    assert.deepEqual(
      batches.map((batch) => batch.length),
      [4, 4, 2],
    );
    assert.deepEqual(
      batches.flat().sort((a, b) => a - b),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    );
  });

  it('shuffles by seed and epoch, and only by these', () => {
    const order = (seed: number, epoch: number): number[] =>
      drain(new EpochPlan(new Ledger(epoch, 50), () => samples(50), { ...options, seed })).flat();
    assert.deepEqual(order(7, 0), order(7, 0));
    assert.notDeepEqual(order(7, 0), order(7, 1));
    assert.notDeepEqual(order(7, 0), order(8, 0));
    assert.notDeepEqual(
      order(7, 0),
      samples(50).map(({ scanSequence }) => scanSequence),
    );
  });

  it('appends samples that arrive during the epoch, in the sequence of arrival', () => {
    let known = samples(5);
    const plan = new EpochPlan(new Ledger(0, 5), () => known, options);
    plan.next();
    known = samples(8);
    assert.deepEqual(drain(plan).flat().slice(-3), [6, 7, 8]);
  });

  it('goes on where a ledger left off: the remaining samples, in the same sequence', () => {
    const whole = drain(new EpochPlan(new Ledger(1, 20), () => samples(20), options)).flat();
    const ledger = new Ledger(1, 20);
    ledger.recordApplied(whole.slice(0, 8).map((scanSequence) => ({ scanSequence, classIndex: scanSequence % 3 })));
    assert.deepEqual(drain(new EpochPlan(ledger, () => samples(20), options)).flat(), whole.slice(8));
  });

  it('takes as many of each class as the rarest has when balanced, others in the next epoch', () => {
    const skewed = samples(40, (sequence) => (sequence <= 30 ? 0 : 1));
    const taken = (epoch: number): number[] =>
      drain(new EpochPlan(new Ledger(epoch, 40), () => skewed, { ...options, classBalanced: true })).flat();
    const first = taken(0);
    assert.equal(first.filter((sequence) => sequence <= 30).length, 10);
    assert.equal(first.filter((sequence) => sequence > 30).length, 10);
    assert.notDeepEqual(
      first.filter((sequence) => sequence <= 30).sort(),
      taken(1)
        .filter((sequence) => sequence <= 30)
        .sort(),
    );
  });
});
