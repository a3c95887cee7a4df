import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decide, offeredAlias } from '../../../../services/trainer/publishing/promotion.js';

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
