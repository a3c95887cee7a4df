import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { SulcusError } from '#libs/errors';
import type { CallContext } from '#libs/rpc';
import { until } from '../../helpers/until.js';
import { collect, sleep, startEcho, type EchoMessage } from './_echo.js';

/** A handler body that ends only by its signal, and tells how. */
function waitForAbort() {
  const reasons: SulcusError[] = [];
  const wait = async ({ signal }: CallContext): Promise<never> => {
    if (!signal.aborted) await once(signal, 'abort');
    reasons.push(signal.reason as SulcusError);
    throw signal.reason;
  };
  return { reasons, wait };
}

test('a deadline aborts the handler and reaches the client as DEADLINE_EXCEEDED', async (t) => {
  const { reasons, wait } = waitForAbort();
  const { client } = await startEcho(t, { unary: (_, context) => wait(context) });
  await client.waitForReady();
  const startMs = performance.now();
  await assert.rejects(client.unary({}, { timeoutMs: 100 }), { code: 'DEADLINE_EXCEEDED' });
  assert.ok(performance.now() - startMs < 1000);
  await until(() => reasons.length === 1, 'the handler learns of it', 2000);
  assert.equal(reasons[0]!.code, 'DEADLINE_EXCEEDED');
});

test('the handler knows how long the client waits', async (t) => {
  let remainingMs = 0;
  const { client } = await startEcho(t, {
    unary: async (request, context) => ((remainingMs = context.remainingMs()), request),
  });
  await client.unary({}, { timeoutMs: 5000 });
  assert.ok(remainingMs > 3000 && remainingMs <= 5000, `${remainingMs} ms`);
});

test('a cancelled call aborts the handler, in every shape of call', async (t) => {
  const { reasons, wait } = waitForAbort();
  const { client } = await startEcho(t, {
    unary: (_, context) => wait(context),
    clientStream: (_, context) => wait(context),
    serverStream: async function* (_, context) {
      yield {};
      await wait(context);
    },
    bidi: async function* (_, context) {
      yield {};
      await wait(context);
    },
  });
  async function* endless(): AsyncGenerator<EchoMessage> {
    for (;;) {
      yield {};
      await sleep(5);
    }
  }
  const calls: ((signal: AbortSignal) => Promise<unknown>)[] = [
    (signal) => client.unary({}, { signal }),
    (signal) => client.clientStream(endless(), { signal }),
    (signal) => collect(client.serverStream({}, { signal })),
    (signal) => collect(client.bidi(endless(), { signal })),
  ];
  await client.waitForReady();
  for (const [index, call] of calls.entries()) {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    await assert.rejects(call(controller.signal), { code: 'CANCELLED' });
    await until(() => reasons.length === index + 1, 'the handler learns of it', 2000);
    assert.equal(reasons[index]!.code, 'CANCELLED');
  }
});

test('a handler that waits for the next request learns that the client has gone', async (t) => {
  const seen: unknown[] = [];
  const { client } = await startEcho(t, {
    bidi: async function* (requests) {
      try {
        for await (const request of requests) yield request;
      } catch (error) {
        seen.push((error as SulcusError).code);
        throw error;
      }
    },
  });
  async function* oneThenSilence(): AsyncGenerator<EchoMessage> {
    yield { text: 'only' };
    await sleep(300);
  }
  for await (const _ of client.bidi(oneThenSilence())) break;
  await until(() => seen.length === 1, 'the handler learns of it', 2000);
  assert.deepEqual(seen, ['CANCELLED']);
});

test('a reader that stops early ends the generator of the handler', async (t) => {
  let finished = false;
  const { client } = await startEcho(t, {
    serverStream: async function* () {
      try {
        for (let count = 0; ; count++) {
          yield { count };
          await sleep(2);
        }
      } finally {
        finished = true;
      }
    },
  });
  for await (const answer of client.serverStream({})) if (answer.count === 3) break;
  await until(() => finished, 'the handler learns of it', 2000);
});

test('a completed call leaves its signal alone', async (t) => {
  let signal: AbortSignal | undefined;
  const { client } = await startEcho(t, { unary: async (request, context) => ((signal = context.signal), request) });
  await client.unary({});
  await sleep(50);
  assert.equal(signal?.aborted, false);
});

test("an error of the caller's own request iterable is what the caller gets", async (t) => {
  const { client } = await startEcho(t);
  async function* broken(): AsyncGenerator<EchoMessage> {
    yield { text: 'a' };
    throw new SulcusError('FILE_UNREADABLE', 'b.png cannot be read');
  }
  await assert.rejects(client.clientStream(broken()), { code: 'FILE_UNREADABLE' });
  await assert.rejects(collect(client.bidi(broken())), { code: 'FILE_UNREADABLE' });
});

test('a call that ends while its next request is waited for ends for its caller at once', async (t) => {
  const { client } = await startEcho(t, {
    bidi: async function* (requests) {
      for await (const request of requests) {
        yield request;
        throw new SulcusError('STORAGE_FULL', 'no room for another');
      }
    },
  });
  async function* oneThenSilence(): AsyncGenerator<EchoMessage> {
    yield { text: 'only' };
    await new Promise(() => undefined);
  }
  const startMs = performance.now();
  await assert.rejects(collect(client.bidi(oneThenSilence())), { code: 'STORAGE_FULL' });
  assert.ok(performance.now() - startMs < 1000);
});

test('an iterable of requests is returned when the server ends the call first', async (t) => {
  let returned = false;
  const { client } = await startEcho(t, {
    clientStream: async () => {
      throw new SulcusError('PERMISSION_DENIED', 'not here');
    },
  });
  async function* requests(): AsyncGenerator<EchoMessage> {
    try {
      for (;;) {
        yield { payload: Buffer.alloc(1000) };
        await sleep(1);
      }
    } finally {
      returned = true;
    }
  }
  await assert.rejects(client.clientStream(requests()), { code: 'PERMISSION_DENIED' });
  await until(() => returned, 'the handler learns of it', 2000);
});
