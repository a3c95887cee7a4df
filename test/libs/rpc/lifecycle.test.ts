import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClientOf, implement, startServer } from '#libs/rpc';
import { DAY_MS, setClockBack } from '../../helpers/clock.js';
import { connectEcho, echo, plainHandlers, sleep, startEcho } from './_echo.js';

test('a port in use is said so, with what to do', async (t) => {
  const { server } = await startEcho(t);
  const address = `127.0.0.1:${server.port}`;
  await assert.rejects(
    startServer({ address, addressVariable: 'SULCUS_INGEST_ADDRESS' }),
    (error: Error & { code: string }) => {
      assert.equal(error.code, 'PORT_IN_USE');
      assert.match(error.message, new RegExp(`${address} is in use.*SULCUS_INGEST_ADDRESS`));
      return true;
    },
  );
});

test('an address that cannot be bound is a configuration error', async () => {
  await assert.rejects(startServer({ address: '203.0.113.1:0' }), { code: 'INVALID_CONFIG' });
});

test('a graceful stop finishes running calls and refuses new ones', async (t) => {
  const { server, client } = await startEcho(t, { unary: async (request) => (await sleep(300), request) });
  const running = client.unary({ text: 'finished' });
  await sleep(100);
  const stopped = server.stop(5000);
  assert.equal((await running).text, 'finished');
  await stopped;
  const late = createClientOf(echo, server.address, { connectTimeoutMs: 300 });
  t.after(() => late.close());
  await assert.rejects(late.unary({}), { code: 'SERVICE_UNAVAILABLE' });
});

test('calls that outlive the grace are cut, with their signal aborted', async (t) => {
  let aborted = false;
  const { server, client } = await startEcho(t, {
    unary: (request, { signal }) =>
      new Promise((resolve) =>
        signal.addEventListener('abort', () => {
          aborted = true;
          resolve(request);
        }),
      ),
  });
  const running = assert.rejects(client.unary({}, { timeoutMs: 3000 }));
  await sleep(100);
  const startMs = performance.now();
  await server.stop(200);
  assert.ok(performance.now() - startMs < 2000);
  await sleep(50);
  assert.equal(aborted, true);
  await running;
});

test('a grace ends when it is over, though the clock was set back by a day meanwhile', async (t) => {
  const { server, client } = await startEcho(t, { unary: () => new Promise(() => undefined) });
  const running = assert.rejects(client.unary({}, { timeoutMs: 10_000 }));
  await sleep(100);
  const startMs = performance.now();
  const stopped = server.stop(500);
  setClockBack(t, DAY_MS);
  await Promise.race([stopped, sleep(5000)]);
  assert.ok(performance.now() - startMs < 3000);
  await running;
});

test('stopping twice waits for the same stop', async (t) => {
  const { server } = await startEcho(t);
  await Promise.all([server.stop(), server.stop()]);
});

test('the signal of the configuration stops the server', async (t) => {
  const controller = new AbortController();
  const { server } = await startEcho(t, {}, { server: { signal: controller.signal } });
  controller.abort();
  await server.stop();
  const again = await startServer({ address: server.address });
  await again.stop(0);
});

test('a client waits for a server that is not there yet', async (t) => {
  const { server } = await startEcho(t);
  const { address } = server;
  await server.stop(0);
  const client = connectEcho(t, address, { connectTimeoutMs: 10_000 });
  const answer = client.unary({ text: 'late' });
  await sleep(500);
  const later = await startServer({ address, implementations: [implement(echo, plainHandlers)] });
  t.after(() => later.stop(0));
  assert.equal((await answer).text, 'late');
});

test('a client says so when nobody answers', async (t) => {
  const client = connectEcho(t, '127.0.0.1:9', { connectTimeoutMs: 300 });
  await assert.rejects(client.unary({}), (error: Error & { code: string }) => {
    assert.equal(error.code, 'SERVICE_UNAVAILABLE');
    assert.match(error.message, /No sulcus\.test\.Echo answers at 127\.0\.0\.1:9/);
    return true;
  });
});

test('single calls bridge a restart of the server', async (t) => {
  const { server, client } = await startEcho(t);
  await client.unary({});
  await server.stop(0);
  const answer = client.unary({ text: 'after the restart' });
  await sleep(300);
  const later = await startServer({ address: server.address, implementations: [implement(echo, plainHandlers)] });
  t.after(() => later.stop(0));
  assert.equal((await answer).text, 'after the restart');
});
