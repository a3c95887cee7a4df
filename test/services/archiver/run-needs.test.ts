import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus, publishRetention } from '#libs/bus';
import { runKeys } from '#libs/registry';
import { readRunNeeds, RunNeeds, type LivingRun } from '../../../services/archiver/scans/run-needs.js';
import { startNats } from '../../helpers/nats.js';

const NOW_MS = 1_000_000_000;
const DAY_MS = 86_400_000;

const stream = (run: string, settledThrough: number, retained: number[] = [], labelsThrough = 0): LivingRun => ({
  run,
  retention: { run, settledThrough, labelsThrough, retained: new Set(retained), updatedUnixMs: NOW_MS },
});
const epochs: LivingRun = { run: 'epochs' };
const needs = (...living: LivingRun[]): RunNeeds => new RunNeeds(living, [], 7 * DAY_MS, NOW_MS);
const scan = (sequence: number, labelSequence: number | undefined, ageMs = 0) => ({
  sequence,
  labelSequence,
  timeUnixMs: NOW_MS - ageMs,
});

test('a labelled scan leaves when every run has settled it and none retains it', () => {
  assert.equal(needs(stream('a', 10)).reasonToStay(scan(10, 0)), undefined);
  assert.match(needs(stream('a', 10)).reasonToStay(scan(11, 0))!, /not been learned by run "a"/);
  assert.match(needs(stream('a', 10), stream('b', 9)).reasonToStay(scan(10, 0))!, /run "b"/);
  assert.match(needs(stream('a', 10, [4])).reasonToStay(scan(4, 0))!, /kept by run "a"/);
  assert.match(
    needs(stream('a', 10), epochs).reasonToStay(scan(3, 0))!,
    /run "epochs", which learns in epochs or has just begun/,
  );
});

test('a scan whose label is newer than what a run has seen is not settled', () => {
  assert.match(needs(stream('a', 10, [], 6)).reasonToStay(scan(3, 7))!, /not been learned/);
  assert.equal(needs(stream('a', 10, [], 7)).reasonToStay(scan(3, 7)), undefined);
});

test('a scan without a label stays for those alone who name it, while wishes count', () => {
  assert.equal(needs(epochs).reasonToStay(scan(3, undefined)), undefined);
  assert.equal(needs(stream('a', 2)).reasonToStay(scan(3, undefined)), undefined);
  assert.match(needs(stream('a', 2, [3])).reasonToStay(scan(3, undefined))!, /kept by run "a"/);
  assert.equal(needs(stream('a', 2, [3])).reasonToStay(scan(3, undefined), { wishes: false }), undefined);
  assert.match(needs(stream('a', 2, [3])).reasonToStay(scan(3, 0), { wishes: false })!, /kept by run "a"/);
});

test('with no run alive labelled scans wait for one as long as a run may be silent', () => {
  assert.match(needs().reasonToStay(scan(3, 0, 6 * DAY_MS))!, /wait for a trainer/);
  assert.equal(needs().reasonToStay(scan(3, 0, 8 * DAY_MS)), undefined);
  assert.equal(needs().reasonToStay(scan(3, undefined)), undefined);
});

test('runs are known by owner, checkpoint and record, and count while one of these is young', async (t) => {
  const nats = await startNats(t);
  await using bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const checkpoints = await bus.keyValue('checkpoints');
  await checkpoints.put(runKeys.owner('claimed'), Buffer.from('somebody'));
  // Whatever else is kept of a run is not a run of its own, which would need every scan for ever.
  for (const key of Object.values(runKeys)) await checkpoints.put(key('streaming'), Buffer.from('kept'));
  await checkpoints.put('saved', Buffer.from('{}'));
  await publishRetention(bus, { run: 'streaming', settledThrough: 5, labelsThrough: 0, retained: [2] });
  const now = await readRunNeeds(bus, DAY_MS);
  assert.deepEqual(now.living.map(({ run }) => run).sort(), ['claimed', 'saved', 'streaming']);
  assert.deepEqual(now.abandoned, []);
  assert.equal(now.living.find(({ run }) => run === 'streaming')?.retention?.settledThrough, 5);
  const later = await readRunNeeds(bus, DAY_MS, Date.now() + 2 * DAY_MS);
  assert.deepEqual(later.living, []);
  assert.deepEqual([...later.abandoned].sort(), ['claimed', 'saved', 'streaming']);
});
