import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeSafetensors } from '#libs/nn';
import type { ModelCard } from '#libs/registry';
import type { PredictorService } from '#services/predictor';
import { until } from '../../../helpers/until.js';
import { isStatus } from '../../../helpers/errors.js';
import { connectOip, packBytes, unpackFloats, type InferAnswer, type OipClient } from '../protocols/_oip-client.js';
import {
  assertClose,
  createFixture,
  DirectAnswers,
  publishModel,
  randomImage,
  randomWeights,
  untilServing,
  type Fixture,
} from '../_predictor.js';

let fixture: Fixture;
let direct: DirectAnswers;
let service: PredictorService;
let client: OipClient;
let image: Buffer;
const cards: ModelCard[] = [];

before(async () => {
  [fixture, direct] = await Promise.all([createFixture(), DirectAnswers.start()]);
  for (let seed = 1; seed <= 3; seed++) cards.push(await publishModel(fixture.registry, seed));
  await fixture.registry.promote('champion', cards[0]!.version, 'first');
  await fixture.registry.promote('candidate', cards[1]!.version, 'to be compared');
  service = await fixture.start({ maxLoadedVersions: 1 });
  await untilServing(service, cards[0]!.version);
  client = connectOip(service.address);
  image = await randomImage(1);
});
after(async () => {
  client.close();
  await fixture.close();
  await direct[Symbol.asyncDispose]();
});

function infer(version: string, from: OipClient = client, parameters: object = {}): Promise<InferAnswer> {
  return from.infer({
    model_name: 'test',
    model_version: version,
    parameters,
    inputs: [{ name: 'image', datatype: 'BYTES', shape: [1] }],
    raw_input_contents: [packBytes([image])],
  });
}

async function assertAnswers(version: string, by: ModelCard): Promise<void> {
  const answer = await infer(version);
  assert.equal(answer.model_version, by.version);
  assertClose(unpackFloats(answer.raw_output_contents[0]!), await direct.of(by.step, image));
}

const isReady = async (version: string): Promise<boolean> =>
  (await client.call<{ ready: boolean }>('ModelReady', { name: 'test', version })).ready;

async function states(): Promise<Record<string, string>> {
  const { models } = await client.call<{ models: { version: string; state: string }[] }>('RepositoryIndex');
  return Object.fromEntries(models.map(({ version, state }) => [version, state]));
}

test('a version named by alias, name or number is loaded on demand, and answers with its own weights', async () => {
  assert.equal(await isReady('candidate'), false);
  assert.deepEqual(
    (await client.call<{ versions: string[] }>('ModelMetadata', { name: 'test', version: 'candidate' })).versions,
    [cards[1]!.version],
  );
  for (const version of ['candidate', cards[1]!.version, '2']) await assertAnswers(version, cards[1]!);
  assert.equal(await isReady('candidate'), true);
  for (const version of ['', 'champion', '1', cards[0]!.version]) await assertAnswers(version, cards[0]!);
  assert.equal(service.serving!.card.version, cards[0]!.version);
  assert.deepEqual(await states(), {
    [cards[0]!.version]: 'READY',
    [cards[1]!.version]: 'READY',
    [cards[2]!.version]: 'UNAVAILABLE',
  });
});

test('when its places are taken, the version unused for longest goes', async () => {
  await assertAnswers('3', cards[2]!);
  assert.deepEqual(await states(), {
    [cards[0]!.version]: 'READY',
    [cards[1]!.version]: 'UNAVAILABLE',
    [cards[2]!.version]: 'READY',
  });
});

test('while all places are in use another version is RESOURCE_EXHAUSTED; no caller waits beyond its time', async () => {
  assert.deepEqual(
    await client.call('RepositoryModelUnload', { model_name: 'test', parameters: { version: { string_param: '3' } } }),
    {},
  );
  assert.equal(await isReady('3'), false);
  const late = assert.rejects(
    infer('3', client, { timeout: { int64_param: 50_000 } }),
    isStatus('DEADLINE_EXCEEDED', /timeout of 50000 microseconds/),
  );
  await until(async () => (await states())[cards[2]!.version] !== 'UNAVAILABLE', 'the load has begun');
  await assert.rejects(
    infer('2'),
    isStatus('RESOURCE_EXHAUSTED', /test-000002 has no place: 1 versions beside the one in service are in use/),
  );
  await late;
  await assertAnswers('3', cards[2]!);
});

test('Load and Unload by name and version; the live version stays', async () => {
  assert.deepEqual(
    await client.call('RepositoryModelLoad', {
      model_name: 'test',
      parameters: { version: { string_param: 'candidate' } },
    }),
    {},
  );
  assert.equal(await isReady('2'), true);
  for (const count of [1, 2])
    assert.deepEqual(
      await client.call('RepositoryModelUnload', {
        model_name: 'test',
        parameters: { version: { string_param: 'candidate' } },
      }),
      {},
      `time ${count}`,
    );
  assert.equal(await isReady('2'), false);
  await assert.rejects(
    client.call('RepositoryModelUnload', { model_name: 'test', parameters: { version: { string_param: '1' } } }),
    isStatus('UNIMPLEMENTED', /stays in service/),
  );
  await assertAnswers('', cards[0]!);
});

test('an unknown version is NOT_FOUND, one that fails its check is rejected, and the live one goes on', async () => {
  for (const version of ['77', 'test-000077', 'other-000001', 'no such', '../1'])
    await assert.rejects(
      infer(version),
      isStatus('NOT_FOUND', /There is no version or alias ".*" here: test-000001 is in service/),
    );
  const nan = encodeSafetensors(
    new Map(
      [...randomWeights(1)].map(([name, tensor]) => [name, { ...tensor, data: tensor.data.map(() => Number.NaN) }]),
    ),
  );
  const broken = await publishModel(fixture.registry, 4, {}, nan);
  for (const count of [1, 2])
    await assert.rejects(
      infer(broken.version),
      isStatus('FAILED_PRECONDITION', /MODEL_INVALID.*no probabilities/),
      `time ${count}`,
    );
  assert.equal((await states())[broken.version], 'UNAVAILABLE');
  await assertAnswers('champion', cards[0]!);
});

test('without places other versions are NOT_FOUND, with the reason', async () => {
  const strict = await fixture.start({ maxLoadedVersions: 0 });
  await untilServing(strict, cards[0]!.version);
  const other = connectOip(strict.address);
  await assert.rejects(
    infer('candidate', other),
    isStatus(
      'NOT_FOUND',
      /"candidate" points to test-000002, which is not loaded here: .*SULCUS_MAX_LOADED_VERSIONS allows no other/,
    ),
  );
  other.close();
});

test('a version that was declined is listed with why, and refused to whoever asks for it', async () => {
  const declined = await publishModel(fixture.registry, 9, {}, undefined, { keepsWeights: false });
  const { models } = await client.call<{ models: { version: string; state: string; reason: string }[] }>(
    'RepositoryIndex',
  );
  const listed = models.find(({ version }) => version === declined.version)!;
  assert.deepEqual([listed.state, listed.reason], ['UNAVAILABLE', 'declined: its card is kept without its weights']);
  await assert.rejects(
    infer(declined.version),
    isStatus('FAILED_PRECONDITION', /declined and keeps its card without its weights/),
  );
  await assertAnswers('champion', cards[0]!);
});
