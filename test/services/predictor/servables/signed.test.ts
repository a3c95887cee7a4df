import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { createSigningKeys, Registry, SigningKey } from '#libs/registry';
import { createClient } from '#libs/rpc';
import { createFixture, predictorEvents, publishModel, randomImage, untilServing } from '../_predictor.js';
import { until } from '../../../helpers/until.js';

test('a rogue version is never served, though published and promoted with all rights of the broker', async (t) => {
  const fixture = await createFixture();
  t.after(() => fixture.close());
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-keys-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const keys = createSigningKeys();
  const file = path.join(folder, 'signing.pub');
  await writeFile(file, keys.publicKey);

  const trainers = new Registry(fixture.bus, { signingKey: new SigningKey(keys.privateKey) });
  const honest = await publishModel(trainers, 1);
  await trainers.promote('champion', honest.version, 'better');
  const service = await fixture.start({ trustedKeys: [file] });
  await untilServing(service, honest.version);

  const rogue = await publishModel(fixture.registry, 2);
  await fixture.registry.promote('champion', rogue.version, 'rogue');
  await until(
    async () => (await predictorEvents(fixture.bus)).some((event) => JSON.stringify(event).includes('is not signed')),
    'the refusal to be told',
    20_000,
  );
  using client = createClient('Predictor', service.address);
  const { modelVersion } = await client.predict({ image: await randomImage(1) });
  assert.equal(modelVersion, honest.version);
  using inference = createClient('Inference', service.address);
  await assert.rejects(
    inference.modelInfer({ modelName: 'test', modelVersion: rogue.version, inputs: [], outputs: [] }),
    'nor to who asks for it by name',
  );
});
