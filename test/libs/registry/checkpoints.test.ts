import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, stat, truncate } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { CHUNK_BYTES } from '#libs/bus';
import { SulcusError } from '#libs/errors';
import { CheckpointStore } from '#libs/registry';
import type { TestNats } from '../../helpers/nats.js';
import { startBroker } from './_fixtures.js';

const parts = (sizeBytes = 1_500_000) => ({ weights: randomBytes(sizeBytes), ledger: randomBytes(100) });

test('a checkpoint comes back as it was saved', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  assert.equal(await store.load('main'), undefined);
  const saved = { manifest: { step: 7, seeds: [1, 2] }, parts: parts() };
  const revision = await store.save('main', saved, 0);
  const loaded = await store.load('main');
  assert.equal(loaded?.revision, revision);
  assert.deepEqual(loaded?.checkpoint.manifest, saved.manifest);
  assert.deepEqual(loaded?.checkpoint.parts, saved.parts);
  assert.equal(await store.load('other'), undefined);
});

test('a manifest that fits no key-value entry is kept all the same', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  const manifest = { ids: Array.from({ length: 20_000 }, () => randomBytes(16).toString('hex')) };
  await store.save('main', { manifest, parts: {} });
  assert.deepEqual((await store.load('main'))?.checkpoint.manifest, manifest);
});

test('only the newest checkpoint and the one before it take room', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  let revision = 0;
  const same = randomBytes(1000);
  for (let step = 0; step < 4; step++)
    revision = await store.save(
      'main',
      { manifest: { step }, parts: { weights: randomBytes(2 * CHUNK_BYTES), same } },
      revision,
    );
  assert.equal((await bus.stats()).BLOBS.messages, 6);
  assert.deepEqual((await store.load('main'))?.checkpoint.parts['same'], same);
});

test('a trainer that was replaced is fenced, and what it uploaded is removed', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  const base = await store.save('main', { manifest: { step: 1 }, parts: parts() }, 0);
  const newer = { manifest: { step: 2 }, parts: parts() };
  await store.save('main', newer, base);
  await assert.rejects(store.save('main', { manifest: { step: 2 }, parts: parts() }, base), { code: 'CONFLICT' });
  await assert.rejects(store.save('main', { manifest: { step: 1 }, parts: parts() }, 0), { code: 'CONFLICT' });
  assert.deepEqual((await store.load('main'))?.checkpoint.parts, newer.parts);
  assert.equal((await bus.blobOwners('checkpoint.main')).length, 2);
});

test('of two trainers with equal content one is fenced without taking the other’s blobs', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  const checkpoint = { manifest: { step: 1 }, parts: parts() };
  const outcomes = await Promise.allSettled([
    store.save('main', checkpoint, 0),
    new CheckpointStore(bus).save('main', checkpoint, 0),
  ]);
  assert.deepEqual(outcomes.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  assert.deepEqual((await store.load('main'))?.checkpoint.parts, checkpoint.parts);
});

test('what a killed save left behind is removed by the next one; one that is under way is not', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  const revision = await store.save('main', { manifest: {}, parts: parts() }, 0);
  await bus.putBlob(randomBytes(1000), { owner: `checkpoint.main.${revision - 1}-dead` });
  await bus.putBlob(randomBytes(1000), { owner: 'checkpoint.main.999999-live' });
  await store.save('main', { manifest: {}, parts: parts() }, revision);
  const owners = await bus.blobOwners('checkpoint.main');
  assert.equal(owners.length, 3, 'the newest, the one before it, and what is under way');
  assert.ok(owners.includes('999999-live'));
});

test('whoever loads while another one saves gets one whole checkpoint', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  let revision = await store.save(
    'main',
    { manifest: { step: 0 }, parts: { step: Buffer.from('0'), weights: randomBytes(3 * CHUNK_BYTES) } },
    0,
  );
  let saving = true;
  const saves = (async () => {
    for (let step = 1; step < 15; step++)
      revision = await store.save(
        'main',
        { manifest: { step }, parts: { step: Buffer.from(String(step)), weights: randomBytes(3 * CHUNK_BYTES) } },
        revision,
      );
    saving = false;
  })();
  let loads = 0;
  while (saving) {
    const loaded = await new CheckpointStore(bus).load('main');
    assert.equal(loaded?.checkpoint.parts['step']?.toString(), String(loaded?.checkpoint.manifest['step']));
    loads++;
  }
  await saves;
  assert.ok(loads > 0);
});

test('a save over a broker crash succeeds once: its own write is not taken for another trainer’s', async (t) => {
  const { bus, nats } = await startBroker(t);
  const store = new CheckpointStore(bus);
  let revision = await store.save('main', { manifest: { step: 0 }, parts: parts() }, 0);
  for (let step = 1; step <= 3; step++) {
    const saving = store.save('main', { manifest: { step }, parts: parts(6 * CHUNK_BYTES) }, revision);
    await delay(step * 7);
    await nats.kill('SIGKILL');
    await nats.restart();
    revision = await saving;
  }
  assert.equal((await store.load('main'))?.checkpoint.manifest['step'], 3);
  assert.equal((await store.load('main'))?.revision, revision);
});

test('a full blob store keeps the old checkpoint and leaves no debris', async (t) => {
  const { bus } = await startBroker(t);
  await bus.ensureTopology({ maxBytes: { BLOBS: 4_000_000 } });
  const store = new CheckpointStore(bus);
  const first = { manifest: { step: 1 }, parts: parts(1_000_000) };
  const revision = await store.save('main', first, 0);
  await assert.rejects(store.save('main', { manifest: { step: 2 }, parts: parts(8_000_000) }, revision), {
    code: 'BACKPRESSURE',
  });
  assert.deepEqual((await store.load('main'))?.checkpoint.parts, first.parts);
  assert.equal((await bus.blobOwners('checkpoint.main')).length, 1);
});

test('a run whose name cannot stand in a subject is refused', async (t) => {
  const { bus } = await startBroker(t);
  await assert.rejects(new CheckpointStore(bus).save('a.b', { manifest: {}, parts: {} }), { code: 'INVALID_ARGUMENT' });
});

test('a damaged checkpoint is stood in for by the one before it, until a sound one follows', async (t) => {
  const { bus, nats } = await startBroker(t);
  const store = new CheckpointStore(bus);
  const content = (step: number) => ({
    manifest: { step },
    parts: { weights: Buffer.concat([Buffer.from(`weights-${step}-`), randomBytes(50_000)]) },
  });
  let revision = 0;
  const saved = [1, 2, 3].map(content);
  for (const each of saved) revision = await store.save('main', each, revision);
  await nats.damage('BLOBS', 'weights-3-');
  const loaded = await store.load('main');
  assert.deepEqual(loaded?.checkpoint, saved[1]);
  assert.match(loaded?.damage?.message ?? '', /NOT_FOUND|HASH_MISMATCH/);
  assert.equal(loaded?.revision, revision, 'what is saved next replaces the damaged one');
  assert.equal((await store.describe('main'))?.manifest['step'], 3, 'its manifest lies elsewhere');
  revision = await store.save('main', content(4), revision);
  await nats.damage('BLOBS', 'weights-4-');
  const again = await new CheckpointStore(bus).load('main');
  assert.deepEqual(again?.checkpoint, saved[1], 'the damaged one is no predecessor');
});

test('where both are damaged it is said, with what a new one is saved over', async (t) => {
  const { bus, nats } = await startBroker(t);
  const store = new CheckpointStore(bus);
  let revision = 0;
  for (const step of [1, 2])
    revision = await store.save(
      'main',
      { manifest: { step }, parts: { weights: Buffer.from(`weights-${step}-`) } },
      revision,
    );
  for (const step of [1, 2]) await nats.damage('BLOBS', `weights-${step}-`);
  const failure = await store.load('main').then(
    () => undefined,
    (error: unknown) => SulcusError.from(error),
  );
  assert.ok(failure && ['HASH_MISMATCH', 'NOT_FOUND'].includes(failure.code));
  assert.equal(failure.details['revision'], revision);
  await store.save('main', { manifest: { step: 3 }, parts: {} }, revision);
  assert.equal((await store.load('main'))?.checkpoint.manifest['step'], 3);
});

test('an entry that is no checkpoint is named, and replaced by the next save', async (t) => {
  const { bus } = await startBroker(t);
  const revision = await (await bus.keyValue('checkpoints')).put('main', Buffer.from('garbage'));
  const store = new CheckpointStore(bus);
  await assert.rejects(store.load('main'), { code: 'MESSAGE_INVALID', details: { revision } });
  await store.save('main', { manifest: { step: 1 }, parts: {} }, revision);
  assert.equal((await store.load('main'))?.checkpoint.manifest['step'], 1);
});

test('a checkpoint is not there before what its manifest names is durable, and never when that fails', async (t) => {
  const { bus } = await startBroker(t);
  const store = new CheckpointStore(bus);
  const first = await store.save('main', { manifest: { step: 1 }, parts: parts() }, 0);
  let isDurable = (): void => undefined;
  const named = new Promise<void>((resolve) => (isDurable = resolve));
  const saving = store.save('main', { manifest: { step: 2 }, parts: parts() }, first, named);
  await delay(500);
  assert.equal((await store.load('main'))?.checkpoint.manifest['step'], 1);
  isDurable();
  const second = await saving;
  assert.equal((await store.load('main'))?.checkpoint.manifest['step'], 2);
  const blobs = (await bus.stats()).BLOBS.messages;
  const failing = store.save(
    'main',
    { manifest: { step: 3 }, parts: parts() },
    second,
    Promise.reject(new Error('no')),
  );
  await assert.rejects(failing, /no/);
  assert.equal((await store.load('main'))?.checkpoint.manifest['step'], 2);
  assert.equal((await bus.stats()).BLOBS.messages, blobs);
});

/** The newest messages of a stream are gone, as behind a damaged one after a crash. */
async function loseNewest(nats: TestNats, stream: string, count: number): Promise<void> {
  await nats.kill();
  const block = path.join(nats.messagesFolder(stream), '1.blk');
  const content = await readFile(block);
  const ends = [...content.toString('latin1').matchAll(/"savedUnixMs"/g)].map(({ index }) => index);
  await truncate(block, count === 1 ? content.length - 1 : ends.at(-count)!);
  await nats.restart();
}

for (const count of [1, 2])
  test(`a checkpoint that a damaged disk has taken is saved again by who has it, nobody else: ${count}`, async (t) => {
    const { bus, nats } = await startBroker(t);
    const store = new CheckpointStore(bus);
    let revision = 0;
    for (let step = 1; step <= 4; step++)
      revision = await store.save('main', { manifest: { step }, parts: parts() }, revision);
    assert.equal(await store.hasLost('main'), false);
    await loseNewest(nats, 'KV_checkpoints', count);
    const other = new CheckpointStore(bus);
    assert.deepEqual([await store.hasLost('main'), await other.hasLost('main')], [true, false]);
    const again = { manifest: { step: 4 }, parts: parts() };
    await assert.rejects(other.save('main', again, revision), { code: 'CONFLICT' });
    revision = await store.save('main', again, revision);
    assert.equal(await store.hasLost('main'), false);
    assert.deepEqual((await store.load('main'))?.checkpoint.parts, again.parts);
    for (let step = 5; step <= 6; step++)
      revision = await store.save('main', { manifest: { step }, parts: parts() }, revision);
    assert.equal((await bus.blobOwners('checkpoint.main')).length, 2, 'nothing is left of what was lost');
  });

test('tensors that a damaged disk has taken are saved again, and what is damaged is not kept beside', async (t) => {
  const { bus, nats } = await startBroker(t);
  const store = new CheckpointStore(bus);
  const first = await store.save('main', { manifest: { step: 1 }, parts: parts() }, 0);
  const newest = { manifest: { step: 2 }, parts: parts() };
  const revision = await store.save('main', newest, first);
  await nats.kill();
  const block = path.join(nats.messagesFolder('BLOBS'), '1.blk');
  await truncate(block, (await stat(block)).size - 1);
  await nats.restart();
  assert.equal(await store.hasLost('main'), true);
  await store.save('main', newest, revision);
  assert.equal(await store.hasLost('main'), false);
  const loaded = await store.load('main');
  assert.deepEqual([loaded?.damage, loaded?.checkpoint.parts], [undefined, newest.parts]);
  assert.equal((await bus.blobOwners('checkpoint.main')).length, 2);
});
