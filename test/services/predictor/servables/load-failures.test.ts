import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SulcusError } from '#libs/errors';
import { LoadFailures } from '../../../../services/predictor/servables/load-failures.js';

const away = new SulcusError('BUS_UNAVAILABLE', 'away');
const bad = new SulcusError('MODEL_INVALID', 'bad');

test('at every instant a version whose failure may pass is due, or it is known when it will be', () => {
  const failures = new LoadFailures();
  const beganMs = performance.now();
  failures.add('a', 1, away);
  for (let afterMs = 0; afterMs < 1000; afterMs += 0.1) {
    const nowMs = beganMs + afterMs;
    const [isDue, inMs] = [failures.mayLoad('a', 1, nowMs), failures.nextInMs(nowMs)];
    assert.ok(isDue || (inMs !== undefined && inMs > 0 && inMs <= 501), `after ${afterMs} ms`);
  }
  assert.ok(failures.mayLoad('a', 1, beganMs + 1000));
});

test('one that is bad stays so until the alias moves onto it anew', () => {
  const failures = new LoadFailures();
  failures.add('b', 1, bad);
  const laterMs = performance.now() + 1e9;
  assert.deepEqual([failures.mayLoad('b', 1, laterMs), failures.nextInMs(laterMs)], [false, undefined]);
  assert.equal(failures.mayLoad('b', 2, laterMs), true);
});
