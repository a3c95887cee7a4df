import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PredictStreamResponse } from '#libs/contracts';
import { SulcusError, type ErrorCode } from '#libs/errors';
import type { ModelCard } from '#libs/registry';
import { createClient } from '#libs/rpc';
import type { PredictorService } from '#services/predictor';
import { until } from '../../../helpers/until.js';
import { isCode, isStatus } from '../../../helpers/errors.js';
import { callByReflection, checkHealth, listServices, watchHealth } from './_foreign-client.js';
import {
  assertClose,
  CLASSES,
  createFixture,
  DirectAnswers,
  publishModel,
  randomImage,
  untilServing,
  type Fixture,
} from '../_predictor.js';

let fixture: Fixture;
let direct: DirectAnswers;
let service: PredictorService;
let client: ReturnType<typeof createClient<'Predictor'>>;
let card: ModelCard;

before(async () => {
  [fixture, direct] = await Promise.all([createFixture(), DirectAnswers.start()]);
  service = await fixture.start();
  client = createClient('Predictor', service.address);
});
after(async () => {
  client.close();
  await fixture.close();
  await direct[Symbol.asyncDispose]();
});

test('before the first promotion: NOT_SERVING, and UNAVAILABLE that says why', async () => {
  assert.equal(await checkHealth(service.address, 'sulcus.v1.Predictor'), 'NOT_SERVING');
  assert.equal(await checkHealth(service.address, ''), 'NOT_SERVING');
  await assert.rejects(client.predict({ image: await randomImage(1) }, { timeoutMs: 500 }), (error) => {
    const { code, message } = SulcusError.from(error);
    return (
      (code === 'MODEL_NOT_READY' && /No model version has been promoted to "champion"/.test(message)) ||
      code === 'DEADLINE_EXCEEDED'
    );
  });
});

test('after the first promotion: SERVING, by name and as a whole, and watchers are told', async () => {
  const watched = ['', 'sulcus.v1.Predictor', 'no.such.Service'].map((name) => watchHealth(service.address, name));
  await until(() => watched.every(({ states }) => states.length === 1), 'the first states');
  card = await publishModel(fixture.registry, 1);
  await fixture.registry.promote('champion', card.version, 'first');
  await untilServing(service, card.version);
  assert.equal(await checkHealth(service.address, 'sulcus.v1.Predictor'), 'SERVING');
  assert.equal(await checkHealth(service.address, ''), 'SERVING');
  await until(() => watched[0]!.states.length === 2 && watched[1]!.states.length === 2, 'the second states');
  for (const { stop } of watched) stop();
  assert.deepEqual(
    watched.map(({ states }) => states),
    [['NOT_SERVING', 'SERVING'], ['NOT_SERVING', 'SERVING'], ['SERVICE_UNKNOWN']],
  );
  await assert.rejects(checkHealth(service.address, 'no.such.Service'), isStatus('NOT_FOUND'));
});

test('reflection lists the predictor and health services', async () => {
  const services = await listServices(service.address);
  assert.ok(services.includes('sulcus.v1.Predictor'), services.join());
  assert.ok(services.includes('grpc.health.v1.Health'), services.join());
});

test('a client that knows the service from reflection alone gets answers', async () => {
  const image = await randomImage(1);
  const answer = await callByReflection(service.address, 'sulcus.v1.Predictor', 'predict', {
    image,
    name: 'by reflection',
  });
  assert.equal(answer.name, 'by reflection');
  assert.equal(answer.model_version, card.version);
});

test("an answer holds the network's own probabilities by class, the version, its hash and the times", async () => {
  for (const seed of [1, 2, 3]) {
    const image = await randomImage(seed, seed === 2 ? 'jpeg' : 'png');
    const answer = await client.predict({ image, name: `image ${seed}` });
    const expected = await direct.of(1, image);
    assertClose(
      answer.probabilities.map(({ probability }) => probability),
      expected,
    );
    assert.deepEqual(
      answer.probabilities.map(({ className }) => className),
      CLASSES,
    );
    assert.equal(answer.predictedClass, CLASSES[expected.indexOf(Math.max(...expected))]);
    assert.equal(answer.name, `image ${seed}`);
    assert.equal(answer.modelVersion, card.version);
    assert.equal(answer.modelHash, card.weightsHash);
    assert.match(answer.predictionId, /^[0-9a-f-]{36}$/);
    assert.ok(answer.prepareMs > 0 && answer.inferenceMs > 0);
  }
});

test('two requests for one image have two prediction ids and the same probabilities', async () => {
  const image = await randomImage(1);
  const [first, second] = await Promise.all([client.predict({ image }), client.predict({ image })]);
  assert.notEqual(first.predictionId, second.predictionId);
  assertClose(
    first.probabilities.map(({ probability }) => probability),
    Float32Array.from(second.probabilities, ({ probability }) => probability),
  );
});

test('64 callers at once, in shared batches: each gets its own image answered', async () => {
  const seeds = Array.from({ length: 64 }, (_, index) => index % 16);
  const answers = await Promise.all(
    seeds.map(async (seed) => client.predict({ image: await randomImage(seed), name: String(seed) })),
  );
  for (const [index, answer] of answers.entries()) {
    assert.equal(answer.name, String(seeds[index]));
    assertClose(
      answer.probabilities.map(({ probability }) => probability),
      await direct.of(1, await randomImage(seeds[index]!)),
    );
  }
});

test('bytes that are no readable image are INVALID_ARGUMENT with a stable code, and the server goes on', async () => {
  const image = await randomImage(1);
  const bad: [Buffer, ErrorCode][] = [
    [Buffer.alloc(0), 'IMAGE_EMPTY'],
    [Buffer.from('not an image, but long enough to be looked at '.repeat(20)), 'IMAGE_UNDECODABLE'],
    [image.subarray(0, image.length / 2), 'IMAGE_TRUNCATED'],
    [Buffer.from('GIF89a'.padEnd(800, '\0')), 'IMAGE_UNSUPPORTED'],
  ];
  for (const [bytes, code] of bad) {
    await assert.rejects(
      client.predict({ image: bytes }),
      (error) => isCode(code)(error) && error.details.grpcStatus === 'INVALID_ARGUMENT',
      code,
    );
  }
  assert.equal((await client.predict({ image })).modelVersion, card.version);
});

test('a stream is answered in the order of its requests, bad images in place', async () => {
  const images = await Promise.all(
    Array.from({ length: 40 }, (_, seed) =>
      seed % 7 === 3 ? Promise.resolve(Buffer.alloc(0)) : randomImage(seed % 16),
    ),
  );
  const answers: PredictStreamResponse[] = [];
  for await (const answer of client.predictStream(images.map((image, index) => ({ image, name: String(index) }))))
    answers.push(answer);
  assert.equal(answers.length, images.length);
  for (const [index, answer] of answers.entries()) {
    if (index % 7 === 3) {
      assert.equal(answer.result, 'error');
      assert.equal(answer.error!.name, String(index));
      assert.equal(answer.error!.code, 'IMAGE_EMPTY');
    } else {
      assert.equal(answer.response!.name, String(index));
      assertClose(
        answer.response!.probabilities.map(({ probability }) => probability),
        await direct.of(1, images[index]!),
      );
    }
  }
});

test('a stream answers each image while the client still thinks about the next', { timeout: 10_000 }, async () => {
  const answered: string[] = [];
  let next: () => void = () => undefined;
  async function* oneByOne() {
    for (const name of ['a', 'b', 'c']) {
      yield { image: await randomImage(1), name };
      await new Promise<void>((resolve) => (next = resolve));
    }
  }
  for await (const answer of client.predictStream(oneByOne())) {
    answered.push(answer.response!.name);
    next();
  }
  assert.deepEqual(answered, ['a', 'b', 'c']);
});

test('a client that leaves a stream in the middle does no harm', async () => {
  const image = await randomImage(2);
  async function* endless() {
    for (;;) {
      yield { image, name: 'x' };
      await sleep(1);
    }
  }
  let seen = 0;
  for await (const _ of client.predictStream(endless())) if (++seen === 5) break;
  assert.equal((await client.predict({ image })).modelVersion, card.version);
});

test('a call that is cancelled or late ends as such', async () => {
  const image = await randomImage(3);
  const caller = new AbortController();
  const call = client.predict({ image }, { signal: caller.signal });
  caller.abort();
  await assert.rejects(call, isCode('CANCELLED'));
  await assert.rejects(client.predict({ image }, { timeoutMs: 1 }), isCode('DEADLINE_EXCEEDED'));
});

test('when the queue is full a call is rejected with RESOURCE_EXHAUSTED, and a stream waits', async () => {
  const narrow = await fixture.start({ maxRequests: 2, maxBatchSize: 2 });
  await untilServing(narrow, card.version);
  const narrowClient = createClient('Predictor', narrow.address);
  await narrowClient.waitForReady();
  const { enginePid } = narrow.serving!;
  const image = await randomImage(4);
  try {
    process.kill(enginePid!, 'SIGSTOP'); // what is admitted stays unanswered
    const admitted = [narrowClient.predict({ image, name: '1' }), narrowClient.predict({ image, name: '2' })];
    await until(async () => {
      const error = await narrowClient
        .predict({ image }, { timeoutMs: 5000 })
        .catch((thrown: unknown) => SulcusError.from(thrown));
      return isCode('BACKPRESSURE')(error) && error.details.grpcStatus === 'RESOURCE_EXHAUSTED';
    }, 'a rejected call');
    const streamed = (async () => {
      const names: string[] = [];
      for await (const answer of narrowClient.predictStream(['a', 'b', 'c', 'd'].map((name) => ({ image, name }))))
        names.push(answer.response!.name);
      return names;
    })();
    await sleep(100);
    process.kill(enginePid!, 'SIGCONT');
    assert.deepEqual(
      (await Promise.all(admitted)).map(({ name }) => name),
      ['1', '2'],
    );
    assert.deepEqual(await streamed, ['a', 'b', 'c', 'd']);
  } finally {
    process.kill(enginePid!, 'SIGCONT');
    narrowClient.close();
    await narrow.stop();
  }
});

test('stopping: running requests are answered, then nobody is', async () => {
  const image = await randomImage(5);
  const stopping = await fixture.start();
  await untilServing(stopping, card.version);
  const pid = stopping.serving!.enginePid!;
  const other = createClient('Predictor', stopping.address, { connectTimeoutMs: 200 });
  await other.waitForReady();
  process.kill(pid, 'SIGSTOP');
  const running = other.predict({ image });
  await sleep(100);
  const { states, stop } = watchHealth(stopping.address, '');
  await until(() => states.length === 1, 'the first state');
  const stopped = stopping.stop();
  await until(() => states.length === 2, 'the last state');
  assert.deepEqual(states, ['SERVING', 'NOT_SERVING']);
  stop();
  process.kill(pid, 'SIGCONT');
  assert.equal((await running).modelVersion, card.version);
  await stopped;
  await assert.rejects(other.predict({ image }, { timeoutMs: 500 }));
  other.close();
});
