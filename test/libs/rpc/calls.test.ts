import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collect, connectEcho, sleep, startEcho, type EchoMessage } from './_echo.js';
import { createClient, startServer, type FinishedCall } from '#libs/rpc';

test('a unary call answers with what the handler returns', async (t) => {
  const { client } = await startEcho(t);
  const payload = Buffer.from([1, 2, 3]);
  const answer = await client.unary({ text: 'Größe 脳', payload, count: 7 });
  assert.equal(answer.text, 'Größe 脳');
  assert.deepEqual(answer.payload, payload);
  assert.equal(answer.count, 7);
});

test('a proxy of the environment is not asked for a server on this machine', async (t) => {
  const before = { ...process.env };
  t.after(() => (process.env = before));
  Object.assign(process.env, { http_proxy: 'http://127.0.0.1:1', https_proxy: 'http://127.0.0.1:1' });
  for (const name of ['grpc_proxy', 'no_proxy', 'no_grpc_proxy']) delete process.env[name];
  const { server } = await startEcho(t);
  const port = server.address.split(':').at(-1);
  for (const address of [server.address, `localhost:${port}`]) {
    const client = connectEcho(t, address, { connectTimeoutMs: 2000, timeoutMs: 2000 });
    assert.equal((await client.unary({ text: 'here' })).text, 'here');
  }
});

test('a client stream is read to its end and answered once', async (t) => {
  const { client } = await startEcho(t);
  assert.equal((await client.clientStream([{ text: 'a' }, { text: 'b' }, { text: 'c' }])).count, 3);
  assert.equal((await client.clientStream([])).count, 0);
});

test('a server stream arrives in order and ends', async (t) => {
  const { client } = await startEcho(t);
  const answers = await collect(client.serverStream({ text: 'x', count: 100 }));
  assert.deepEqual(
    answers.map((answer) => answer.count),
    Array.from({ length: 100 }, (_, index) => index),
  );
});

test('a bidirectional stream answers while the requests are still coming', async (t) => {
  const { client } = await startEcho(t);
  let answerFirst: () => void = () => undefined;
  const firstAnswered = new Promise<void>((resolve) => (answerFirst = resolve));
  async function* requests(): AsyncGenerator<EchoMessage> {
    yield { text: 'first' };
    await firstAnswered;
    yield { text: 'second' };
  }
  const answers: string[] = [];
  for await (const answer of client.bidi(requests())) {
    answers.push(answer.text!);
    answerFirst();
  }
  assert.deepEqual(answers, ['FIRST', 'SECOND']);
});

test('a handler may answer before it has read every request', async (t) => {
  const { client } = await startEcho(t, {
    clientStream: async (requests) => {
      for await (const request of requests) return { text: request.text };
      return {};
    },
    bidi: async function* (requests) {
      for await (const request of requests) {
        yield request;
        return;
      }
    },
  });
  const many = () =>
    Array.from({ length: 50 }, (_, index) => ({ text: String(index), payload: Buffer.alloc(100_000) }));
  assert.equal((await client.clientStream(many())).text, '0');
  assert.deepEqual(
    (await collect(client.bidi(many()))).map((answer) => answer.text),
    ['0'],
  );
});

test('every finished call is reported once with its status and duration', async (t) => {
  const finished: FinishedCall[] = [];
  const { client } = await startEcho(
    t,
    { unary: async (request) => (await sleep(30), request) },
    { server: { onCallFinished: (call) => finished.push(call) } },
  );
  await client.unary({});
  await collect(client.serverStream({ count: 2 }));
  assert.deepEqual(
    finished.map(({ method, status }) => [method, status]),
    [
      ['sulcus.test.Echo/Unary', 'OK'],
      ['sulcus.test.Echo/ServerStream', 'OK'],
    ],
  );
  assert.ok(finished[0]!.durationMs >= 29, `${finished[0]!.durationMs} ms`);
});

test('our own services are reached by short name and typed by their contracts', async (t) => {
  const server = await startServer({
    address: '127.0.0.1:0',
    services: {
      Predictor: {
        predict: async (request) => ({
          name: request.name,
          predictedClass: 'glioma',
          probabilities: [{ className: 'glioma', probability: 1 }],
        }),
        predictStream: async function* (requests) {
          for await (const request of requests) yield { response: { name: request.name }, result: 'response' };
        },
        predictStudy: async (requests) => ({
          prediction: { slices: (await collect(requests)).map(({ slice }) => ({ name: slice!.name })) },
        }),
        predictStoredStudy: async ({ studyId }) => ({ prediction: { studyId } }),
      },
    },
  });
  t.after(() => server.stop(0));
  using client = createClient('Predictor', server.address);
  const answer = await client.predict({ name: 'a', image: Buffer.from('bytes') });
  assert.deepEqual(answer.probabilities, [{ className: 'glioma', probability: 1 }]);
  const names = (await collect(client.predictStream([{ name: 'b' }, { name: 'c' }]))).map(
    (item) => item.response?.name,
  );
  assert.deepEqual(names, ['b', 'c']);
  const study = await client.predictStudy([{ slice: { name: 'd' } }, { slice: { name: 'e' } }]);
  assert.deepEqual(
    study.prediction!.slices.map(({ name }) => name),
    ['d', 'e'],
  );
});
