import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareVersions, isAtLeast, parseVersion } from '../../scripts/setup/versions.mjs';

describe('versions', () => {
  it('are found in what programs and packages say', () => {
    assert.deepEqual(parseVersion('nats-server: v2.15.1'), [2, 15, 1]);
    assert.deepEqual(parseVersion('2.10.27-1+b5'), [2, 10, 27]);
    assert.deepEqual(parseVersion('>=20.9'), [20, 9, 0]);
    assert.equal(parseVersion('unknown'), undefined);
  });

  it('compare as numbers, not as text', () => {
    assert.ok(compareVersions('2.9.10', '2.10.27') < 0);
    assert.ok(compareVersions('2.15.1', '2.10.27') > 0);
    assert.equal(compareVersions('v2.15.1', '2.15.1-1'), 0);
    assert.throws(() => compareVersions('2.1', 'new'), TypeError);
  });

  it('without a number are never new enough', () => {
    assert.equal(isAtLeast('', '1.0'), false);
    assert.equal(isAtLeast('2.10.27', '2.10.27'), true);
  });
});
