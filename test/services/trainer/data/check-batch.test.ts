import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TensorBatch } from '#libs/contracts';
import { whyNoAnswer, type ExpectedBatch } from '../../../../services/trainer/data/check-batch.js';

const samples = [3, 1, 2].map((scanSequence) => ({ scanSequence, sampleId: `s${scanSequence}`, classIndex: 1 }));
const expected: ExpectedBatch = {
  run: 'main',
  split: 'SPLIT_TRAIN',
  epoch: 4,
  transformHash: 'a',
  height: 2,
  width: 3,
  channels: 1,
  samples,
};
const batch = (overrides: Partial<TensorBatch> = {}): TensorBatch => ({
  run: 'main',
  requestId: 'r',
  epoch: 4,
  sequence: 0,
  split: 'SPLIT_TRAIN',
  height: 2,
  width: 3,
  channels: 1,
  pixels: { content: 'inline', inline: Buffer.alloc(6 * (overrides.samples ?? samples).length) },
  samples,
  dropped: [],
  transformHash: 'a',
  prepareMs: 1,
  ...overrides,
});

describe('a batch', () => {
  it('is the answer when it holds what was asked for, also without what could not be prepared', () => {
    assert.equal(whyNoAnswer(batch(), expected), undefined);
    const dropped = [{ scanSequence: 1, sampleId: 's1', code: 'IMAGE_TRUNCATED' }];
    assert.equal(whyNoAnswer(batch({ samples: [samples[0]!, samples[2]!], dropped }), expected), undefined);
    const all = samples.map(({ scanSequence, sampleId }) => ({ scanSequence, sampleId, code: 'NOT_FOUND' }));
    assert.equal(whyNoAnswer(batch({ samples: [], dropped: all, height: 0 }), expected), undefined);
  });

  const changed = (row: number, change: object) =>
    samples.map((sample, index) => (index === row ? { ...sample, ...change } : sample));

  for (const [what, overrides, why] of [
    ['another run', { run: 'other' }, /run is other/],
    ['another split', { split: 'SPLIT_TEST' }, /split/],
    ['another epoch', { epoch: 5 }, /epoch/],
    ['another transform', { transformHash: 'b' }, /transformHash/],
    ['another sample', { samples: changed(1, { sampleId: 'x' }) }, /scan 1 is sample x, not s1/],
    ['a class out of range', { samples: changed(2, { classIndex: 1000 }) }, /class 1000, not 1/],
    ['one sample in place of another', { samples: changed(2, { scanSequence: 9 }) }, /scan 2 is missing/],
    ['a sample twice', { samples: [samples[0], samples[0], samples[1]] }, /twice/],
    ['a sample too few', { samples: samples.slice(1) }, /2 samples, 3 were asked for/],
    ['another order', { samples: [...samples].reverse() }, /order/],
    ['images of another size', { height: 4 }, /4x3x1, not 2x3x1/],
    ['too few pixels', { pixels: { content: 'inline', inline: Buffer.alloc(5) } }, /5 bytes of pixels, not 18/],
  ] as [string, Partial<TensorBatch>, RegExp][])
    it(`is no answer with ${what}`, () => assert.match(whyNoAnswer(batch(overrides), expected) ?? '', why));
});
