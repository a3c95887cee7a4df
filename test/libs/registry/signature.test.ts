import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectBus } from '#libs/bus';
import { createSigningKeys, Registry, SigningKey, TrustedKeys } from '#libs/registry';
import { startNatsWithAccounts } from '../../helpers/accounts.js';
import { cardDraft, randomContent } from '../../helpers/cards.js';
import { startBroker } from './_fixtures.js';

const keys = createSigningKeys();
const signing = { signingKey: new SigningKey(keys.privateKey) };
const trusting = { trustedKeys: new TrustedKeys([keys.publicKey]) };

test('a version that a trusted key signed is read; one of a stranger, or of nobody, is not', async (t) => {
  const { bus } = await startBroker(t);
  const reader = new Registry(bus, trusting);
  const signed = await new Registry(bus, signing).publish(cardDraft({ step: 1 }), randomContent());
  assert.deepEqual(await reader.get(signed.version), signed);

  const strangers = { signingKey: new SigningKey(createSigningKeys().privateKey) };
  for (const [step, by] of [
    [2, strangers],
    [3, {}],
  ] as const) {
    const { version } = await new Registry(bus, by).publish(cardDraft({ step }), randomContent());
    await assert.rejects(reader.get(version), { code: 'MODEL_INVALID' });
    assert.equal((await new Registry(bus).get(version))?.version, version, 'who trusts all reads it');
  }
});

test('any change of a signed card is found: of a figure, weights, its name, of what no reader knows', async (t) => {
  const { bus } = await startBroker(t);
  const card = await new Registry(bus, signing).publish(cardDraft(), randomContent());
  const models = await bus.keyValue('models');
  const otherWeights = await bus.putBlob(Buffer.from('other weights'));
  const changes: object[] = [
    { metrics: { validation: { ...card.metrics.validation, accuracy: 1 } } },
    { weights: otherWeights, weightsHash: otherWeights.sha256 },
    { classes: card.classes.toReversed() },
    { unknownToAll: true },
    { signature: undefined },
  ];
  const reader = new Registry(bus, trusting);
  for (const change of changes) {
    await models.put(`version.${card.version}`, Buffer.from(JSON.stringify({ ...card, ...change })));
    await assert.rejects(reader.get(card.version), { code: 'MODEL_INVALID' }, JSON.stringify(change));
  }
  await models.put('version.main-000009', Buffer.from(JSON.stringify(card)));
  await assert.rejects(reader.get('main-000009'), { code: 'MODEL_INVALID', message: /is the card of main-000001/ });
  await models.put(`version.${card.version}`, Buffer.from(JSON.stringify(card)));
  assert.deepEqual(await reader.get(card.version), card);
});

test("a rogue's version: a site's key publishes none, and one of full rights at the broker is not read", async (t) => {
  const nats = await startNatsWithAccounts(undefined, ['north']);
  t.after(() => nats.stop());
  const open = (name: string) => connectBus({ servers: nats.url, name, user: nats.user(name) });
  await using operator = await open('operator');
  await operator.ensureTopology();
  await using trainer = await open('trainer');
  await using predictor = await open('predictor');
  const honest = await new Registry(trainer, signing).publish(cardDraft({ step: 1 }), randomContent());
  await new Registry(trainer, signing).promote('champion', honest.version, 'test');

  await using site = await open('site-north');
  await assert.rejects(new Registry(site).publish(cardDraft({ step: 2 }), randomContent()), {
    code: 'PERMISSION_DENIED',
  });
  const bucket = await site.keyValue('models');
  await assert.rejects(bucket.put('alias.champion', Buffer.from('{}')), { code: 'PERMISSION_DENIED' });

  const reader = new Registry(predictor, trusting);
  const rogue = await new Registry(operator).publish(cardDraft({ step: 3 }), randomContent());
  await new Registry(operator).promote('champion', rogue.version, 'by a rogue');
  assert.equal((await reader.alias('champion'))?.version, rogue.version, 'the alias can be moved');
  await assert.rejects(reader.get(rogue.version), { code: 'MODEL_INVALID' });
  assert.deepEqual(
    (await reader.list()).map(({ version }) => version),
    [honest.version],
  );
});
