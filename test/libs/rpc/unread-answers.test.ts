import assert from 'node:assert/strict';
import { connect, constants, createServer, type ClientHttp2Stream, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { UnreadAnswers, type UnreadLimits } from '../../../libs/rpc/guard/unread-answers.js';
import { until } from '../../helpers/until.js';
import { sleep } from './_echo.js';

const KIB = 1024;
/** Of an answer of 64 KiB, with what counts for its call. */
const COUNTED = 80 * KIB;

/** A server that answers each call with 64 KiB at once, and a client that reads nothing of it until it is told. */
async function startUnread(t: TestContext, limits: Partial<UnreadLimits>) {
  const answers = new UnreadAnswers((stream) => stream.close(constants.NGHTTP2_ENHANCE_YOUR_CALM), {
    ...{ maxBytes: 100 * COUNTED, patienceMs: 60_000, minBytesPerSecond: 4096 },
    ...limits,
  });
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined);
    answers.watch(stream);
    stream.respond();
    stream.write(Buffer.alloc(64 * KIB));
    stream.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const session = connect(`http://127.0.0.1:${port}`, { settings: { initialWindowSize: 0 } });
  session.on('error', () => undefined);
  t.after(() => {
    session.destroy();
    server.close();
  });
  await new Promise((resolve) => session.once('localSettings', resolve));
  const call = (): ClientHttp2Stream => {
    const stream = session.request({ ':path': '/x' });
    stream.on('error', () => undefined);
    return stream;
  };
  return { answers, session, call };
}

test('answers count while nobody reads them, and no more when they are read or their call has gone', async (t) => {
  const { answers, session, call } = await startUnread(t, {});
  const [first, second] = [call(), call()];
  await until(() => answers.bytes === 2 * COUNTED, 'both wait');
  second.close(constants.NGHTTP2_CANCEL);
  await until(() => answers.bytes === COUNTED, 'one has gone');
  session.settings({ initialWindowSize: 2 ** 20 });
  let bytes = 0;
  for await (const data of first as AsyncIterable<Buffer>) bytes += data.length;
  assert.equal(bytes, 64 * KIB);
  await until(() => answers.bytes === 0, 'the other was read');
});

test('when all is too much, those that have waited longest end, and the others wait on', async (t) => {
  const { answers, call } = await startUnread(t, { maxBytes: 4 * COUNTED });
  const calls: ClientHttp2Stream[] = [];
  for (let index = 0; index < 5; index++) {
    calls.push(call());
    await until(() => calls[0]!.destroyed || answers.bytes === (index + 1) * COUNTED, `call ${index} waits`);
  }
  await until(() => answers.bytes === 3 * COUNTED, 'there is room again');
  await until(() => calls[1]!.destroyed, 'two have ended');
  assert.deepEqual(
    calls.map(({ rstCode, destroyed }) => destroyed && rstCode === constants.NGHTTP2_ENHANCE_YOUR_CALM),
    [true, true, false, false, false],
  );
});

test('an answer of which nothing is taken for too long ends its call', async (t) => {
  const { answers, call } = await startUnread(t, { patienceMs: 100, minBytesPerSecond: 640 * KIB });
  const waiting = call();
  await until(() => answers.bytes === COUNTED, 'it waits');
  answers.endIdle();
  assert.equal(waiting.destroyed, false);
  await sleep(300); // 100 ms, and as long for its bytes
  answers.endIdle();
  await until(() => waiting.destroyed, 'it has ended');
  assert.equal(waiting.rstCode, constants.NGHTTP2_ENHANCE_YOUR_CALM);
  assert.equal(answers.bytes, 0);
});
