import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EarlyStopping } from '../../../../services/trainer/state/early-stopping.js';
import { decide, offeredAlias } from '../../../../services/trainer/publishing/promotion.js';
import { fingerprint, ValidationTally } from '../../../../services/trainer/loop/metric-accumulator.js';

describe('EarlyStopping', () => {
  it('stops after `patience` validations in a row that are not strictly better', () => {
    const rule = new EarlyStopping(2);
    const improved = [0.9, 0.8, 0.8, 0.7, 0.71].map((loss) => rule.record(loss));
    assert.deepEqual(improved, [true, true, false, true, false]);
    assert.equal(rule.stopped, false);
    rule.record(0.7);
    assert.equal(rule.stopped, true);
  });

  it('goes on from its record', () => {
    const rule = new EarlyStopping(2);
    rule.record(0.5);
    rule.record(0.6);
    const restored = new EarlyStopping(2, rule.toRecord());
    restored.record(0.55);
    assert.equal(restored.stopped, true);
  });

  it('never stops without patience', () => {
    const rule = new EarlyStopping(undefined);
    for (let validation = 0; validation < 100; validation++) rule.record(1);
    assert.equal(rule.stopped, false);
  });
});

describe('decide', () => {
  const champion = { version: 'main-000001', metrics: { loss: 0.5, accuracy: 0.8, samples: 40 } };

  it('promotes the first candidate', () => {
    assert.equal(decide({ loss: 2, accuracy: 0.1, samples: 40 }, undefined).promote, true);
  });

  it('promotes on lower loss and says both figures', () => {
    const decision = decide({ loss: 0.4, accuracy: 0.79, samples: 40 }, champion);
    assert.equal(decision.promote, true);
    assert.match(decision.reason, /0\.4000.*main-000001: 0\.5000/);
  });

  it('keeps the champion on an equal loss: newer is not better', () => {
    assert.equal(decide({ loss: 0.5, accuracy: 0.9, samples: 40 }, champion).promote, false);
  });
});

describe('decide, where there is nothing to decide by', () => {
  const good = { loss: 0.4, accuracy: 0.8, samples: 40 };

  it('leaves what cannot be compared to people, and says why and how', () => {
    const { promote, reason } = decide(good, { version: 'main-000001', incomparable: 'its classes are a, b' });
    assert.equal(promote, false);
    assert.match(reason, /not compared with main-000001: its classes are a, b; .*sulcus promote/);
  });

  it('takes a loss that is not finite for an error, whoever has it', () => {
    for (const loss of [NaN, Infinity]) {
      const bad = { ...good, loss };
      for (const opponent of [undefined, { version: 'main-000001', metrics: good }])
        assert.throws(() => decide(bad, opponent), { code: 'MODEL_INVALID' });
      assert.throws(() => decide(good, { version: 'main-000001', metrics: bad }), { code: 'MODEL_INVALID' });
    }
  });
});

describe('offeredAlias', () => {
  it('is champion when the trainer promotes, candidate when people do', () => {
    assert.deepEqual([offeredAlias('auto'), offeredAlias('manual')], ['champion', 'candidate']);
    assert.equal(decide({ loss: 0.4, accuracy: 0.79, samples: 40 }, undefined, 'candidate').alias, 'candidate');
  });
});

describe('ValidationTally', () => {
  it('gives the mean cross-entropy and accuracy of the answers', () => {
    const tally = new ValidationTally();
    tally.add(Float32Array.of(0.5, 0.25, 0.25), Int32Array.of(0), 3);
    tally.add(Float32Array.of(0.5, 0.25, 0.25, 0.125, 0.125, 0.75), Int32Array.of(1, 2), 3);
    const metrics = tally.metrics()!;
    // -(ln 1/2 + ln 1/4 + ln 3/4) / 3
    assert.ok(Math.abs(metrics.loss - (Math.log(2) + Math.log(4) + Math.log(4 / 3)) / 3) < 1e-9);
    assert.equal(metrics.accuracy, 2 / 3);
    assert.equal(metrics.samples, 3);
  });

  it('takes the first class of equal answers, so a constant answer earns nothing', () => {
    const tally = new ValidationTally();
    tally.add(Float32Array.of(0.5, 0.5, 0.5, 0.5), Int32Array.of(0, 1), 2);
    assert.equal(tally.metrics()!.accuracy, 0.5);
  });

  it('names the class that everything is predicted as, unless everything is of it', () => {
    const notumor = Float32Array.of(0.1, 0.2, 0.7, 0.3, 0.3, 0.4);
    const tally = new ValidationTally();
    tally.add(notumor, Int32Array.of(2, 2), 3);
    assert.equal(tally.metrics()!.onlyPredicted, undefined);
    tally.add(notumor, Int32Array.of(0, 2), 3);
    assert.equal(tally.metrics()!.onlyPredicted, 2);
    tally.add(Float32Array.of(0.8, 0.1, 0.1), Int32Array.of(1), 3);
    assert.equal(tally.metrics()!.onlyPredicted, undefined);
  });
});

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
