import { jetstream } from '@nats-io/jetstream';
import { connect as connectNats } from '@nats-io/transport-node';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { Registry } from '#libs/registry';
import { cardDraft, randomContent } from '../../helpers/cards.js';
import { startBroker } from './_fixtures.js';

async function events(bus: Bus): Promise<string[]> {
  const seen: string[] = [];
  if ((await bus.stats()).MODELS.messages === 0) return seen;
  for await (const { message, pending } of bus.follow({
    stream: 'MODELS',
    codec: codecs.ModelEvent,
    signal: AbortSignal.timeout(5000),
  })) {
    seen.push(`${message?.kind} ${message?.version}${message?.alias ? ` ${message.alias}` : ''}`);
    if (pending === 0) break;
  }
  return seen;
}

const blobMessages = async (bus: Bus) => (await bus.stats()).BLOBS.messages;

test('a published version is read back with its content, named by its hash', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const { weights, optimizer } = randomContent();
  const card = await registry.publish(cardDraft(), { weights, optimizer });
  assert.equal(card.version, 'main-000001');
  assert.equal(card.weightsHash, createHash('sha256').update(weights).digest('hex'));
  assert.deepEqual(await registry.get(card.version), card);
  assert.ok((await registry.loadWeights(card)).equals(weights));
  assert.ok((await registry.loadOptimizer(card))?.equals(optimizer));
  assert.deepEqual(await events(bus), ['KIND_PUBLISHED main-000001']);
});

test('a foreign message where events of models are told keeps nobody from publishing and promoting', async (t) => {
  const { bus, nats } = await startBroker(t);
  const foreign = await connectNats({ servers: nats.url });
  for (const event of ['published', 'promoted'])
    await jetstream(foreign).publish(subjects.model(event), new Uint8Array([1, 2, 3]));
  await foreign.close();
  const registry = new Registry(bus);
  const card = await registry.publish(cardDraft(), randomContent());
  await registry.promote('champion', card.version, 'better');
  assert.deepEqual((await events(bus)).slice(2), ['KIND_PUBLISHED main-000001', 'KIND_PROMOTED main-000001 champion']);
});

test('the same run and step is one version, however often and by however many it is published', async (t) => {
  const { bus } = await startBroker(t);
  const files = randomContent();
  const cards = await Promise.all(Array.from({ length: 3 }, () => new Registry(bus).publish(cardDraft(), files)));
  cards.push(
    await new Registry(bus).publish(
      cardDraft({ metrics: { validation: { loss: 9, accuracy: 0, samples: 1 } } }),
      randomContent(),
    ),
  );
  for (const card of cards) assert.deepEqual(card, cards[0]);
  assert.equal((await new Registry(bus).list()).length, 1);
  assert.deepEqual(await events(bus), ['KIND_PUBLISHED main-000001']);
});

test('versions are numbered per run, also when runs publish at once and names begin alike', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const { weights } = randomContent(1000);
  const cards = await Promise.all(
    ['main', 'main', 'main', 'main-2', 'main-2'].map((run, index) =>
      registry.publish(cardDraft({ run, step: index }), { weights }),
    ),
  );
  assert.deepEqual(cards.map(({ version }) => version).sort(), [
    'main-000001',
    'main-000002',
    'main-000003',
    'main-2-000001',
    'main-2-000002',
  ]);
});

test('the number of a version whose card was lost is not given again: the run remembers it', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const { weights } = randomContent(10);
  for (const step of [1, 2]) await registry.publish(cardDraft({ step }), { weights });
  await (await bus.keyValue('models')).delete('version.main-000002');
  const next = await registry.publish(cardDraft({ step: 3, parent: 'main-000002' }), { weights });
  const other = await registry.publish(cardDraft({ run: 'other', parent: 'main-000002' }), { weights });
  assert.deepEqual([next.version, other.version], ['main-000003', 'other-000001']);
});

test('a publication broken off before its card leaves nothing visible and is completed by the next try', async (t) => {
  const { bus } = await startBroker(t);
  const files = randomContent();
  await bus.putBlob(files.weights, { owner: 'model.main.10' }); // as far as the crashed trainer came
  const registry = new Registry(bus);
  assert.deepEqual(await registry.list(), []);
  const card = await registry.publish(cardDraft(), files);
  assert.ok((await registry.loadWeights(card)).equals(files.weights));
});

test('an alias moves with its history and back in one step', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  for (const step of [1, 2, 3]) await registry.publish(cardDraft({ step }), { weights: randomContent(10).weights });
  assert.equal(await registry.alias('champion'), undefined);
  await registry.promote('champion', 'main-000001', 'first', 0);
  const second = await registry.promote('champion', 'main-000002', 'better');
  assert.equal(second.previousVersion, 'main-000001');
  await registry.promote('champion', 'main-000003', 'better still', second.revision);
  await registry.decline('main-000001', 'worse');
  const back = await registry.rollback('champion', 'errors in the field');
  assert.equal(back.version, 'main-000002');
  assert.equal(back.previousVersion, 'main-000001');
  assert.deepEqual(
    back.history.map(({ version }) => version),
    ['main-000003', 'main-000002', 'main-000001'],
  );
  assert.deepEqual(await registry.alias('champion'), back);
  assert.equal((await registry.rollback('champion', 'again')).version, 'main-000001');
  await assert.rejects(registry.rollback('champion', 'too far'), { code: 'NOT_FOUND' });
  assert.deepEqual((await events(bus)).slice(3), [
    'KIND_PROMOTED main-000001 champion',
    'KIND_PROMOTED main-000002 champion',
    'KIND_PROMOTED main-000003 champion',
    'KIND_DECLINED main-000001',
    'KIND_ROLLED_BACK main-000002 champion',
    'KIND_ROLLED_BACK main-000001 champion',
  ]);
});

test('each rollback goes one promotion further back, also where a version was promoted twice', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  for (const step of [1, 2, 3]) await registry.publish(cardDraft({ step }), { weights: randomContent(10).weights });
  for (const version of ['main-000001', 'main-000002', 'main-000001', 'main-000003', 'main-000002'])
    await registry.promote('champion', version, 'better');
  const back = async () => (await registry.rollback('champion', 'worse in the field')).version;
  assert.equal(await back(), 'main-000003');
  assert.equal(await back(), 'main-000001');
  await registry.promote('champion', 'main-000003', 'another look');
  assert.equal(await back(), 'main-000001');
  assert.equal(await back(), 'main-000002');
  assert.equal(await back(), 'main-000001');
  await assert.rejects(back(), { code: 'NOT_FOUND', message: /no version to go back to: it points to main-000001/ });
});

test('a version that is pruned is named when a rollback would need it', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  for (const step of [1, 2, 3]) await registry.publish(cardDraft({ step }), { weights: randomContent(10).weights });
  for (const version of ['main-000001', 'main-000002', 'main-000003'])
    await registry.promote('champion', version, 'better');
  await registry.prune(1);
  await registry.rollback('champion', 'worse');
  await assert.rejects(registry.rollback('champion', 'worse'), {
    code: 'NOT_FOUND',
    message: /main-000001.*pruned.*SULCUS_KEEP_VERSIONS/,
  });
});

test('a decision made on an alias that moved meanwhile is refused', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  for (const step of [1, 2, 3]) await registry.publish(cardDraft({ step }), { weights: randomContent(10).weights });
  const seen = await registry.promote('champion', 'main-000001', 'first');
  await registry.promote('champion', 'main-000002', 'second', seen.revision);
  await assert.rejects(registry.promote('champion', 'main-000003', 'late', seen.revision), { code: 'CONFLICT' });
  await assert.rejects(registry.promote('candidate', 'main-000003', 'late', 7), { code: 'CONFLICT' });
  await assert.rejects(registry.promote('champion', 'main-000009', 'absent'), { code: 'NOT_FOUND' });
  const racing = await Promise.allSettled(
    ['main-000001', 'main-000003'].map((version) => registry.promote('champion', version, 'race')),
  );
  assert.equal(racing.filter(({ status }) => status === 'fulfilled').length, 1);
});

test('repeating a promotion changes nothing, and tells again only what was not told', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  await registry.publish(cardDraft(), { weights: randomContent(10).weights });
  const first = await registry.promote('champion', 'main-000001', 'first');
  assert.deepEqual(await registry.promote('champion', 'main-000001', 'again'), first);
  assert.equal((await events(bus)).length, 2);
});

test('whoever watches an alias sees where it is and every move, over a broker restart', async (t) => {
  const { bus, nats } = await startBroker(t);
  const registry = new Registry(bus);
  for (const step of [1, 2, 3]) await registry.publish(cardDraft({ step }), { weights: randomContent(10).weights });
  await registry.promote('champion', 'main-000001', 'first');
  const seen: string[] = [];
  for await (const { version } of registry.watchAlias('champion', AbortSignal.timeout(15_000))) {
    seen.push(version);
    if (seen.length === 1) {
      await registry.promote('champion-shadow', 'main-000003', 'another alias');
      await nats.kill('SIGKILL');
      await nats.restart();
      for (;;)
        if (
          await registry.promote('champion', 'main-000002', 'second').then(
            () => true,
            () => false,
          )
        )
          break;
    }
    if (seen.length === 2) break;
  }
  assert.deepEqual(seen, ['main-000001', 'main-000002']);
});

test('pruning keeps the newest and whatever an alias points or would go back to', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const { weights } = randomContent(1000); // the same for all: deleting one must not take it from another
  for (const step of [1, 2, 3, 4, 5, 6]) await registry.publish(cardDraft({ step }), { weights });
  await registry.promote('champion', 'main-000001', 'first');
  await registry.promote('champion', 'main-000003', 'second');
  assert.deepEqual(await registry.prune(2), ['main-000002', 'main-000004']);
  const left = await registry.list();
  assert.deepEqual(
    left.map(({ version }) => version),
    ['main-000001', 'main-000003', 'main-000005', 'main-000006'],
  );
  for (const card of left) assert.ok((await registry.loadWeights(card)).equals(weights));
  assert.equal(await blobMessages(bus), 4);
  assert.equal((await registry.publish(cardDraft({ step: 7 }), { weights })).version, 'main-000007');
  await assert.rejects(registry.prune(0), { code: 'INVALID_ARGUMENT' });
});

test('a version that was declined keeps its card alone, and can be neither loaded nor promoted', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const files = randomContent(1000);
  const card = await registry.publish(cardDraft(), files, { keepsWeights: false });
  assert.deepEqual([card.weights, card.optimizer], [undefined, undefined]);
  assert.equal(card.weightsHash, createHash('sha256').update(files.weights).digest('hex'));
  assert.equal(await blobMessages(bus), 0);
  assert.deepEqual(await registry.get(card.version), card);
  const refused = { code: 'MODEL_INVALID', message: /main-000001 was declined and keeps its card without its weights/ };
  await assert.rejects(registry.loadWeights(card), refused);
  assert.equal(await registry.loadOptimizer(card), undefined);
  await assert.rejects(registry.promote('champion', card.version, 'by mistake'), refused);
  assert.equal(await registry.alias('champion'), undefined);
});

test('cards without weights do not push out versions with them, nor the other way round', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const files = randomContent(100);
  for (let step = 1; step <= 8; step++) await registry.publish(cardDraft({ step }), files, { keepsWeights: step < 4 });
  assert.deepEqual(await registry.prune(2), ['main-000001', 'main-000004', 'main-000005', 'main-000006']);
  assert.deepEqual(
    (await registry.list()).map(({ version, weights }) => [version, weights !== undefined]),
    [
      ['main-000002', true],
      ['main-000003', true],
      ['main-000007', false],
      ['main-000008', false],
    ],
  );
  assert.equal((await registry.publish(cardDraft({ step: 9 }), files)).version, 'main-000009');
});

test('pruning removes what publications that were never completed left behind', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  await bus.putBlob(randomContent(1000).weights, { owner: 'model.main.5' });
  await registry.publish(cardDraft({ step: 6 }), { weights: randomContent(1000).weights });
  await bus.putBlob(randomContent(1000).weights, { owner: 'model.main.7' }); // may be under way
  await registry.prune(1);
  assert.deepEqual((await bus.blobOwners('model.main')).sort(), ['6', '7']);
});

test('a version whose weights are gone or replaced must not serve', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const card = await registry.publish(cardDraft(), { weights: randomContent().weights });
  await assert.rejects(registry.loadWeights({ ...card, weightsHash: 'c'.repeat(64) }), { code: 'MODEL_INVALID' });
  await bus.deleteOwnedBlobs('model.main.10');
  await assert.rejects(registry.loadWeights(card), { code: 'MODEL_INVALID', message: /main-000001/ });
});

test('a card that breaks its schema names every field that is wrong, and is not published', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  await assert.rejects(
    registry.publish(cardDraft({ seed: Number.NaN, pass: -1 }), { weights: randomContent(10).weights }),
    (error: { code: string; message: string }) => {
      assert.equal(error.code, 'MODEL_INVALID');
      assert.match(error.message, /seed[\s\S]*pass|pass[\s\S]*seed/);
      return true;
    },
  );
  assert.deepEqual(await registry.list(), []);
});

test('an alias that no request can name is not promoted', async (t) => {
  const { bus } = await startBroker(t);
  const registry = new Registry(bus);
  const { weights, optimizer } = randomContent();
  const { version } = await registry.publish(cardDraft(), { weights, optimizer });
  for (const alias of ['Champion', '2nd', 'a b', 'a.b', '', 'x'.repeat(64)])
    await assert.rejects(registry.promote(alias, version, 'try'), { code: 'INVALID_ARGUMENT' }, alias);
  assert.equal((await registry.promote('candidate-2', version, 'try')).version, version);
});
