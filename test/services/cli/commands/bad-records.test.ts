import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { connectBus, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Registry } from '#libs/registry';
import { createLogger } from '#libs/telemetry';
import { RecordStore, type BadRecord } from '#services/predictor';
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
