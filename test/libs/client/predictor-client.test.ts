import assert from 'node:assert/strict';
import { createServer, type AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mayRetry, PredictorClient } from '#libs/client';
import { ERROR_CODES, SulcusError, type ErrorCode } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import type { PredictorService } from '#services/predictor';
import { until } from '../../helpers/until.js';
import { isCode } from '../../helpers/errors.js';
import {
  createFixture,
  publishModel,
  randomImage,
  untilServing,
  type Fixture,
} from '../../services/predictor/_predictor.js';

let fixture: Fixture;
let card: ModelCard;
let image: Buffer;

before(async () => {
  fixture = await createFixture();
  image = await randomImage(1);
});
after(() => fixture.close());

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `127.0.0.1:${port}`;
}

test('what may be retried: UNAVAILABLE, RESOURCE_EXHAUSTED and an engine that died, nothing else', () => {
  const codes = (Object.keys(ERROR_CODES) as ErrorCode[]).filter((code) => mayRetry(new SulcusError(code, '')));
  assert.deepEqual(codes.sort(), [
    'BACKPRESSURE',
    'BUS_UNAVAILABLE',
    'ENGINE_FAILED',
    'MODEL_NOT_READY',
    'SERVICE_UNAVAILABLE',
    'STORAGE_FAILED',
    'STORAGE_FULL',
  ]);
});

test('nobody at the address: SERVICE_UNAVAILABLE within the time given; an abort ends the wait at once', async () => {
  using client = new PredictorClient(await freeAddress());
  await assert.rejects(client.predict(image, { timeoutMs: 400 }), isCode('SERVICE_UNAVAILABLE'));
  const caller = new AbortController();
  const asked = client.predict(image, { signal: caller.signal });
  const waiting = client.waitUntilServing({ signal: caller.signal });
  setTimeout(() => caller.abort(), 50);
  await assert.rejects(asked, isCode('CANCELLED'));
  await assert.rejects(waiting, isCode('CANCELLED'));
});

test('a client that was there first is answered when predictor and model have come', async () => {
  const address = await freeAddress();
  using client = new PredictorClient(address);
  const early = client.predict(image, { name: 'early' });
  const ready = client.waitUntilServing();
  await fixture.start({ address });
  assert.equal(await client.isServing(), false);
  await assert.rejects(
    client.waitUntilServing({ timeoutMs: 300 }),
    (error) => isCode('MODEL_NOT_READY')(error) && /no model in service/.test((error as Error).message),
  );
  card = await publishModel(fixture.registry, 1);
  await fixture.registry.promote('champion', card.version, 'first');
  await ready;
  assert.equal(await client.isServing(), true);
  const answer = await early;
  assert.deepEqual([answer.name, answer.modelVersion], ['early', card.version]);
});

/** Room for one request at a time, and for small messages. */
let narrow: PredictorService;

test('a full predictor is retried until it has room, a bad image is not', async () => {
  narrow = await fixture.start({ maxRequests: 1, maxMessageBytes: 100_000 });
  await untilServing(narrow, card.version);
  using client = new PredictorClient(narrow.address);
  await assert.rejects(client.predict(Buffer.from('no image'), { timeoutMs: 20_000 }), isCode('IMAGE_UNDECODABLE'));
  const { enginePid } = narrow.serving!;
  try {
    process.kill(enginePid!, 'SIGSTOP'); // what is admitted stays unanswered
    const first = client.predict(image, { name: 'first' });
    // The second is refused for as long as it may wait.
    await until(() => client.predict(image, { timeoutMs: 300 }).then(() => false, isCode('BACKPRESSURE')), 'a refusal');
    const second = client.predict(image, { name: 'second' });
    await sleep(200);
    process.kill(enginePid!, 'SIGCONT');
    assert.deepEqual(
      (await Promise.all([first, second])).map(({ name }) => name),
      ['first', 'second'],
    );
  } finally {
    process.kill(enginePid!, 'SIGCONT');
  }
});

test('a stream is answered in order over the same connection', async () => {
  using client = new PredictorClient(narrow.address);
  const names: string[] = [];
  for await (const { response } of client.predictStream(['a', 'b', 'c'].map((name) => ({ name, image }))))
    names.push(response!.name);
  assert.deepEqual(names, ['a', 'b', 'c']);
});

test('a message beyond the limit is INVALID_ARGUMENT at once: sending it again cannot help', async () => {
  using client = new PredictorClient(narrow.address);
  await assert.rejects(
    client.predict(Buffer.alloc(200_000), { timeoutMs: 20_000 }),
    (error) =>
      isCode('INVALID_ARGUMENT')(error) && /larger than max \(200\d\d\d vs\.? 100000\)/i.test((error as Error).message),
  );
  assert.equal((await client.predict(image)).modelVersion, card.version);
});
