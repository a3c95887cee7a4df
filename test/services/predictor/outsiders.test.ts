import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectBus, type Bus } from '#libs/bus';
import type { PredictStudyRequestInput } from '#libs/contracts';
import { LIMITS } from '#libs/limits';
import { createSigningKeys, Registry, SigningKey, type ModelCard } from '#libs/registry';
import { createClient } from '#libs/rpc';
import { startNatsWithAccounts, type NatsWithAccounts } from '../../helpers/accounts.js';
import { isCode } from '../../helpers/errors.js';
import { until } from '../../helpers/until.js';
import { rssBytes } from '../../../scripts/bench/processes.js';
import { connectFrames, framed } from '../../libs/rpc/_frames.js';
import { runSulcus, startSulcus } from './_cli.js';
import { predictorEvents, publishModel, randomImage } from './_predictor.js';

const RESOURCE_EXHAUSTED = 8;
const trusted = createSigningKeys();

let folder: string;
let nats: NatsWithAccounts;
let operator: Bus;
let honest: ModelCard;
let predictor: ChildProcess;
let address: string;
let image: Buffer;

before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sulcus-outsiders-'));
  nats = await startNatsWithAccounts(undefined, ['north']);
  operator = await connectBus({ servers: nats.url, name: 'operator', user: nats.user('operator') });
  const made = await runSulcus(['broker', 'streams', '--nats', nats.url], credentials('operator'));
  assert.equal(made.code, 0, made.stderr);
  const trainers = new Registry(operator, { signingKey: new SigningKey(trusted.privateKey) });
  honest = await publishModel(trainers, 1);
  await trainers.promote('champion', honest.version, 'better');
  await writeFile(path.join(folder, 'signing.pub'), trusted.publicKey);
  predictor = startSulcus(['predictor'], {
    ...credentials('predictor'),
    SULCUS_NATS_URL: nats.url,
    SULCUS_TRUSTED_KEYS: path.join(folder, 'signing.pub'),
    SULCUS_PREDICTOR_ADDRESS: '127.0.0.1:0',
    SULCUS_PREPARE_THREADS: '1',
  });
  let output = '';
  for (const stream of [predictor.stdout!, predictor.stderr!])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await until(() => /"address":"[^"]+"/.test(output), 'the predictor listens', 60_000);
  address = /"address":"([^"]+)"/.exec(output)![1]!;
  using inference = createClient('Inference', address);
  await until(async () => (await inference.serverReady({})).ready, 'the predictor serves', 60_000);
  image = await randomImage(1);
});
after(async () => {
  predictor?.kill('SIGKILL');
  await operator?.drain();
  await nats?.stop();
  await rm(folder, { recursive: true });
});

const credentials = (user: string): NodeJS.ProcessEnv => ({
  SULCUS_NATS_ACCOUNT: user,
  SULCUS_NATS_NKEY_FILE: nats.user(user).keyFile,
});

/** Puts a card into the broker that was signed by the trainer, with other weights. */
async function forge(registry: Registry): Promise<ModelCard> {
  const other = await publishModel(registry, 4);
  const { weights, weightsHash, version } = other;
  const models = await operator.keyValue('models');
  const forged = { ...honest, version, weights, weightsHash };
  await models.put(`version.${version}`, Buffer.from(JSON.stringify(forged)));
  return forged;
}

test("a site's rights do not publish or move a version, and one published with all rights is not served", async () => {
  await using site = await connectBus({ servers: nats.url, name: 'site-north', user: nats.user('site-north') });
  const ofSite = new Registry(site);
  await assert.rejects(publishModel(ofSite, 2), isCode('PERMISSION_DENIED'));
  await assert.rejects(ofSite.promote('champion', honest.version, 'rogue'), isCode('PERMISSION_DENIED'));

  const unsigned = new Registry(operator);
  const stranger = new Registry(operator, { signingKey: new SigningKey(createSigningKeys().privateKey) });
  const rogues = {
    'is not signed': await publishModel(unsigned, 2),
    'which is not trusted': await publishModel(stranger, 3),
    'was changed after it was signed': await forge(unsigned),
  };
  using client = createClient('Predictor', address);
  using inference = createClient('Inference', address);
  for (const [said, { version }] of Object.entries(rogues)) {
    await unsigned.promote('champion', version, 'rogue');
    const isTold = async (): Promise<boolean> => JSON.stringify(await predictorEvents(operator)).includes(said);
    await until(isTold, `it is told that the version ${said}`, 20_000);
    assert.equal((await client.predict({ image })).modelVersion, honest.version);
    const byName = { modelName: 'test', modelVersion: version, inputs: [], outputs: [] };
    await assert.rejects(inference.modelInfer(byName), 'nor to who asks for it by name');
  }
});

test('studies that are begun and never ended keep nobody out, though they take all places', async () => {
  using client = createClient('Predictor', address, { timeoutMs: 20_000 });
  const left = new AbortController();
  /** One slice, and then nothing for as long as the caller stays. */
  async function* begun(): AsyncGenerator<PredictStudyRequestInput> {
    yield { slice: { image } };
    await new Promise<void>((resolve) => left.signal.addEventListener('abort', () => resolve(), { once: true }));
  }
  const places = LIMITS.arrivingStudies.value;
  const held = Array.from({ length: places }, () => client.predictStudy(begun(), { signal: left.signal }));
  const ended = Promise.allSettled(held);
  await sleep(1500);
  const { prediction } = await client.predictStudy([0, 1].map(() => ({ slice: { image } })));
  assert.equal(prediction!.slices.length, 2);
  left.abort();
  assert.ok((await ended).every(({ status }) => status === 'rejected'));
});

test('uploads that stop before their end hold what the limit says, and others are answered meanwhile', async () => {
  using other = createClient('Predictor', address);
  const uploads = 16;
  const almost = framed(Buffer.alloc(LIMITS.messageBytes.value - 1000)).subarray(0, -1);
  const before = rssBytes([predictor.pid!]);
  using frames = connectFrames(address);
  let refused = 0;
  for (let count = 0; count < uploads; count++) {
    const call = frames.begin('/inference.GRPCInferenceService/ModelInfer');
    void call.ended.then(({ status }) => {
      if (status === RESOURCE_EXHAUSTED) refused++;
    });
    call.stream.write(almost);
  }
  const fitting = Math.floor(LIMITS.unfinishedConnectionBytes.value / almost.length);
  await until(() => refused === uploads - fitting, 'those that find no room are refused', 30_000);
  // Unlimited it were all of them; what the refused ones had sent goes by garbage collection, while others ask.
  const isBounded = async (): Promise<boolean> => {
    assert.equal((await other.predict({ image })).modelVersion, honest.version);
    return rssBytes([predictor.pid!]) - before < (3 / 4) * uploads * LIMITS.messageBytes.value;
  };
  await until(isBounded, 'memory to be bounded', 30_000);
});
