import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { connectBus, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { CheckpointStore, Registry } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { RecordStore, type BadRecord } from '#services/predictor';
import { main as freeze } from '../../../../services/cli/commands/freeze.js';
import { main as promote } from '../../../../services/cli/commands/promote.js';
import { main as listRuns } from '../../../../services/cli/commands/runs/list-runs.js';
import { main as thaw } from '../../../../services/cli/commands/thaw.js';
import { main as versions } from '../../../../services/cli/commands/versions.js';
import { followAlias } from '../../../../services/predictor/servables/alias-follower.js';
import { cardDraft, randomContent } from '../../../helpers/cards.js';
import { commandOutput } from '../../../helpers/command-output.js';
import { isCode } from '../../../helpers/errors.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';
import { until } from '../../../helpers/until.js';

async function startScene(
  t: Parameters<typeof startNats>[0],
): Promise<{ bus: Bus; nats: TestNats; registry: Registry }> {
  const nats = await startNats(t);
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t?.after(() => bus.drain());
  await bus.ensureTopology();
  return { bus, nats, registry: new Registry(bus) };
}

test('foreign messages among the records of predictions are named and passed over', async (t) => {
  const { bus } = await startScene(t);
  const store = new RecordStore(bus);
  const record = (id: string) => ({ predictionId: id, modelVersion: 'main-000001', traceparent: '' });
  await store.append('main', record('one'));
  await bus.publish(subjects.prediction('main', 'main-000001', 'foreign'), codecs.LabelEvent, { label: 'x' });
  await store.append('main', record('two'));
  const bad: BadRecord[] = [];
  const signal = AbortSignal.timeout(20_000);
  const listed = await store.list({ last: 2, signal, onBad: (each) => bad.push(each) });
  assert.deepEqual(
    listed.map((each) => each.record.predictionId),
    ['one', 'two'],
  );
  assert.deepEqual(
    bad.map(({ sequence, error }) => [sequence, error.code]),
    [[2, 'MESSAGE_INVALID']],
  );
});

test('a card that cannot be read is named beside the others, and stops no list and no pruning', async (t) => {
  const { bus, nats, registry } = await startScene(t);
  for (const step of [10, 20, 30]) await registry.publish(cardDraft({ step }), randomContent(1000));
  await (await bus.keyValue('models')).put('version.main-000002', Buffer.from('{"version": 7'));
  const write = mock.method(process.stderr, 'write', () => true);
  const printed = await commandOutput(versions, ['--nats', nats.url]);
  const told = write.mock.calls.map((call) => String(call.arguments[0])).join('');
  write.mock.restore();
  assert.match(printed, /main-000003[\s\S]*main-000001/);
  assert.match(told, /versions: bad card of main-000002: MODEL_INVALID/);
  assert.deepEqual((await registry.list()).length, 2);
  await registry.prune(1);
});

test('what is no record of an alias is named, said once by who follows it, and replaced by a promotion', async (t) => {
  const { bus, registry } = await startScene(t);
  for (const step of [10, 20]) await registry.publish(cardDraft({ step }), randomContent(1000));
  await registry.promote('champion', 'main-000001', 'first');
  await (await bus.keyValue('models')).put('alias.champion', Buffer.from('garbage'));
  await assert.rejects(registry.rollback('champion', 'why'), isCode('MESSAGE_INVALID'));
  assert.equal((await registry.aliases()).size, 0);
  const [stop, log] = [new AbortController(), createLogger('test', { write: () => undefined })];
  const warn = mock.method(log, 'warn');
  const seen: string[] = [];
  const options = { registry, alias: 'champion', pollMs: 50, log, signal: stop.signal };
  const following = followAlias(options, ({ version }) => seen.push(version));
  await until(() => warn.mock.callCount() > 0, 'it to be said');
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.equal(warn.mock.callCount(), 1, 'the same trouble is said once');
  await registry.promote('champion', 'main-000002', 'mended');
  await until(() => seen.includes('main-000002'), 'the follower to see it');
  stop.abort();
  await following;
});

test('a promotion replaces what is no record of an alias; freezes and marks that cannot be read hold', async (t) => {
  const { bus, nats, registry } = await startScene(t);
  for (const step of [10, 20]) await registry.publish(cardDraft({ step }), randomContent(1000));
  const models = await bus.keyValue('models');
  const words = ['--reason', 'why', '--nats', nats.url];
  for (const garbage of ['garbage', 'null']) {
    for (const key of ['alias.champion', 'freeze.champion', 'mark.main-000001'])
      await models.put(key, Buffer.from(garbage));
    assert.match((await registry.frozen('champion'))!.reason, /cannot be read/);
    assert.match((await registry.marks('main-000001'))[0]!.reason, /cannot be read/);
    assert.match(await commandOutput(thaw, words), /may move again/);
    assert.match(await commandOutput(freeze, words), /champion points to no version yet/);
    assert.match(await commandOutput(promote, ['main-000002', ...words]), /champion: none → main-000002/);
    assert.match(await commandOutput(versions, ['--nats', nats.url]), /main-000002 +champion/);
  }
});

test('a run whose checkpoint points to nothing is named beside the others, and can save again', async (t) => {
  const { bus, nats } = await startScene(t);
  const store = new CheckpointStore(bus);
  for (const run of ['good', 'bad']) await store.save(run, { manifest: {}, parts: {} });
  const write = mock.method(process.stderr, 'write', () => true);
  for (const garbage of ['garbage', 'null', '{}']) {
    await (await bus.keyValue('checkpoints')).put('bad', Buffer.from(garbage));
    await assert.rejects(store.load('bad'), isCode('MESSAGE_INVALID'));
    assert.match(await commandOutput(listRuns, ['--nats', nats.url]), /good/);
  }
  const told = write.mock.calls.map((call) => String(call.arguments[0])).join('');
  write.mock.restore();
  assert.match(told, /runs: bad checkpoint of bad: MESSAGE_INVALID/);
  await store.save('bad', { manifest: { step: 1 }, parts: {} });
  assert.deepEqual((await store.load('bad'))!.checkpoint.manifest, { step: 1 });
});
