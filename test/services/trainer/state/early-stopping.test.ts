import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EarlyStopping } from '../../../../services/trainer/state/early-stopping.js';

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
