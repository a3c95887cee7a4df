import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fingerprint } from '../../../../services/trainer/data/fingerprint.js';

describe('fingerprint', () => {
  const sample = { scanSequence: 1, sampleId: 'a', split: 'SPLIT_TRAIN', classIndex: 0 } as const;

  it('changes when a sample joins and when a label changes', () => {
    const before = fingerprint([sample], []);
    assert.notEqual(before, fingerprint([sample, { ...sample, scanSequence: 2 }], []));
    assert.notEqual(before, fingerprint([{ ...sample, classIndex: 1 }], []));
    assert.notEqual(before, fingerprint([], [sample]));
    assert.equal(before, fingerprint([{ ...sample }], []));
  });
});
