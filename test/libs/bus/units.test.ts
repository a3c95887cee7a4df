import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseAckSubject } from '../../../libs/bus/consumers/ack-subject.js';
import { compareVersions } from '../../../libs/bus/connection/server-version.js';
import { pullWindow } from '../../../libs/bus/consumers/pull-window.js';

const MIB = 2 ** 20;

test('an acknowledgement subject is read in its short and long forms (NATS ADR-15)', () => {
  const expected = {
    stream: 'SCANS',
    consumer: 'worker',
    deliveryCount: 2,
    streamSequence: 10,
    consumerSequence: 7,
    timeUnixMs: 1_700_000_000_123,
    pending: 5,
  };
  assert.deepEqual(parseAckSubject('$JS.ACK.SCANS.worker.2.10.7.1700000000123456789.5'), expected);
  assert.deepEqual(parseAckSubject('$JS.ACK.hub.ACCHASH.SCANS.worker.2.10.7.1700000000123456789.5'), expected);
  assert.deepEqual(parseAckSubject('$JS.ACK.hub.ACCHASH.SCANS.worker.2.10.7.1700000000123456789.5.random'), expected);
  assert.throws(() => parseAckSubject('_INBOX.abc'), /Not an acknowledgement subject/);
});

test('versions are compared by their numbers', () => {
  assert.ok(compareVersions('2.9.10', '2.10.27') < 0);
  assert.ok(compareVersions('2.10.27', '2.10.27') === 0);
  assert.ok(compareVersions('2.15.0-dev', '2.10.27') > 0);
  assert.ok(compareVersions('3.0.0', '2.99.99') > 0);
});

test('what a consumer may have on its way stays within 16 MiB', () => {
  assert.equal(pullWindow('SCANS', 8 * MIB), 2);
  assert.equal(pullWindow('BATCHES', 1 * MIB), 16);
  assert.equal(pullWindow('LABELS', 8 * MIB), 16);
  assert.equal(pullWindow('SCANS', 64 * MIB), 1);
});
