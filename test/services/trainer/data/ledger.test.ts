import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Ledger } from '../../../../services/trainer/data/ledger.js';

const labelled = (sequences: readonly number[], classIndex = 0) =>
  sequences.map((scanSequence) => ({ scanSequence, classIndex }));

describe('Ledger', () => {
  it('offers each sample once per epoch, however often it is delivered', () => {
    const ledger = new Ledger(0, 10);
    assert.deepEqual(ledger.unsettledRows([5, 7, 5]), [0, 1]);
    ledger.recordApplied(labelled([5, 7]));
    assert.deepEqual(ledger.unsettledRows([7, 8, 5]), [1]);
    assert.equal(ledger.repeatedRows, 0);
  });

  it('shows a sample that was applied twice', () => {
    const ledger = new Ledger(0, 10);
    ledger.recordApplied(labelled([3]));
    ledger.recordApplied(labelled([3]));
    assert.equal(ledger.repeatedRows, 1);
  });

  it('counts dropped samples as settled: they are not requested again in this epoch', () => {
    const ledger = new Ledger(2, 10);
    ledger.recordDropped(labelled([4]));
    assert.ok(ledger.isSettled(4));
    assert.equal(ledger.droppedRows, 1);
    assert.equal(ledger.repeatedRows, 0);
  });

  it('comes back from its record unchanged, sequences far beyond the first included', () => {
    const ledger = new Ledger(3, 100_000);
    ledger.recordApplied(labelled([1, 8, 511, 512, 99_999]));
    const restored = Ledger.fromRecord(JSON.parse(JSON.stringify(ledger.toRecord())) as ReturnType<Ledger['toRecord']>);
    assert.deepEqual(restored.toRecord(), ledger.toRecord());
    assert.equal(restored.hash(), ledger.hash());
    for (const sequence of [1, 8, 511, 512, 99_999]) assert.ok(restored.isSettled(sequence));
    for (const sequence of [0, 2, 9, 510, 513, 100_000]) assert.ok(!restored.isSettled(sequence));
  });

  it('refuses a record whose counts and bits disagree', () => {
    const ledger = new Ledger(0, 10);
    ledger.recordApplied(labelled([1, 2]));
    assert.throws(() => Ledger.fromRecord({ ...ledger.toRecord(), appliedRows: 3 }), { code: 'MODEL_INVALID' });
  });

  it('covers the samples that are settled with the classes they have, in any order, and no others', () => {
    const ledger = new Ledger(0, 10);
    ledger.recordApplied(labelled([3, 1]));
    ledger.recordDropped(labelled([2], 1));
    const same = [...labelled([1]), ...labelled([2], 1), ...labelled([3])];
    for (const it of [ledger, Ledger.fromRecord(ledger.toRecord())]) {
      assert.ok(it.covers(same));
      assert.ok(!it.covers([...same, ...labelled([4])]), 'one more');
      assert.ok(!it.covers(same.slice(1)), 'one less');
      assert.ok(!it.covers(labelled([1, 2, 3])), 'another class');
    }
  });

  it('of a checkpoint without digest covers nothing, and hashes as it did', () => {
    const ledger = new Ledger(0, 10);
    ledger.recordApplied(labelled([1]));
    const { contentDigest: _, ...older } = ledger.toRecord();
    const restored = Ledger.fromRecord(older);
    assert.ok(!restored.covers(labelled([1])));
    assert.equal(restored.hash(), ledger.hash());
    assert.deepEqual(restored.toRecord(), older);
  });
});
