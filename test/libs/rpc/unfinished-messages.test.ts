import assert from 'node:assert/strict';
import { createServer, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { UnfinishedMessages, type UnfinishedLimits } from '../../../libs/rpc/guard/unfinished-messages.js';
import { until } from '../../helpers/until.js';
import { connectFrames, framed } from './_frames.js';
import { sleep } from './_echo.js';

const DEADLINE_EXCEEDED = 4;
const RESOURCE_EXHAUSTED = 8;
const KIB = 1024;

/** An HTTP/2 server whose calls are watched and read, as grpc-js reads them. */
async function startWatched(t: TestContext, limits: Partial<UnfinishedLimits>, options: { isOne?: boolean } = {}) {
  const unfinished = new UnfinishedMessages({
    maxBytes: 400 * KIB,
    maxConnectionBytes: 400 * KIB,
    idleMs: 60_000,
    minBytesPerSecond: 0,
    rateAfterMs: 30_000,
    ...limits,
  });
  const streams: ServerHttp2Stream[] = [];
  const server = createServer();
  server.on('stream', (stream: ServerHttp2Stream) => {
    streams.push(stream);
    stream.on('error', () => undefined);
    unfinished.watch(
      stream,
      ({ code, message }) => {
        const status = code === 'BACKPRESSURE' ? RESOURCE_EXHAUSTED : DEADLINE_EXCEEDED;
        stream.respond(
          { ':status': 200, 'grpc-status': status, 'grpc-message': encodeURI(message) },
          { endStream: true },
        );
      },
      options,
    );
    stream.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  return { unfinished, streams, address: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Where the socket happens to cut a frame, its shorter part counts as 256 bytes too. */
const isAbout = (counted: number, bytes: number): boolean => counted >= bytes && counted < bytes + 20 * 256;

/** All of a message of 100 KiB but its last byte. */
const begun = framed(Buffer.alloc(100 * KIB)).subarray(0, -1);

test('bytes of a message count from its first frame until its last', async (t) => {
  const { unfinished, address } = await startWatched(t, {});
  using frames = connectFrames(address);
  const { stream } = frames.begin('/x');
  stream.write(begun);
  await until(() => isAbout(unfinished.bytes, begun.length), 'all but one byte is counted');
  stream.write(Buffer.concat([Buffer.alloc(1), begun.subarray(0, 700)]));
  await until(() => isAbout(unfinished.bytes, 700), 'what counts is the next one');
  stream.destroy();
  await until(() => unfinished.bytes === 0, 'a call that ends gives its bytes back');
});

test('a message that finds no room is refused while others move, and takes the room of one that stands', async (t) => {
  const { unfinished, address } = await startWatched(t, {});
  using frames = connectFrames(address);
  const calls = [0, 1, 2].map(() => frames.begin('/x'));
  for (const { stream } of calls) stream.write(begun);
  await until(() => isAbout(unfinished.bytes, 3 * begun.length), 'three are on their way');
  const fourth = frames.begin('/x');
  fourth.stream.write(framed(Buffer.alloc(150 * KIB)).subarray(0, -1));
  const refused = await fourth.ended;
  assert.equal(refused.status, RESOURCE_EXHAUSTED);
  assert.match(refused.message, /^BACKPRESSURE: Unfinished messages (of this connection )?hold \d+ bytes/);
  assert.ok(isAbout(unfinished.bytes, 3 * begun.length));

  await sleep(1100);
  for (const { stream } of calls.slice(1)) stream.write(Buffer.alloc(1)); // these two end
  await until(() => isAbout(unfinished.bytes, begun.length), 'one is left, and stands');
  const fifth = frames.begin('/x');
  fifth.stream.write(framed(Buffer.alloc(350 * KIB)).subarray(0, -1));
  assert.equal((await calls[0]!.ended).status, RESOURCE_EXHAUSTED);
  await until(() => unfinished.bytes > 350 * KIB, 'the one that moves has its room');
});

test('a call of one message that sends nothing ends as DEADLINE_EXCEEDED, and one of many may be silent', async (t) => {
  for (const isOne of [true, false]) {
    const { unfinished, address } = await startWatched(t, { idleMs: 200 }, { isOne });
    using frames = connectFrames(address);
    const silent = frames.begin('/x');
    const answered = frames.begin('/x');
    answered.stream.write(framed(Buffer.alloc(10)));
    await until(() => unfinished.lastFrameMs > 0 && unfinished.bytes === (isOne ? 256 : 0), 'both calls have come');
    await sleep(300);
    unfinished.endIdle();
    assert.equal(unfinished.bytes, 0);
    if (isOne) assert.equal((await silent.ended).status, DEADLINE_EXCEEDED);
    else assert.equal(silent.stream.destroyed, false);
    assert.equal(answered.stream.destroyed, false, 'what was sent whole is waited for');
  }
});

test('a message that does not move ends as DEADLINE_EXCEEDED, unless it is the server that waits', async (t) => {
  const { unfinished, streams, address } = await startWatched(t, { idleMs: 200 });
  using frames = connectFrames(address);
  const held = frames.begin('/x');
  held.stream.write(begun);
  await until(() => isAbout(unfinished.bytes, begun.length), 'it has begun');
  streams[0]!.pause();
  held.stream.write(Buffer.alloc(1));
  await until(() => streams[0]!.readableLength > 0, 'a byte waits');
  await sleep(300);
  unfinished.endIdle();
  assert.ok(isAbout(unfinished.bytes, begun.length));
  streams[0]!.resume();
  await until(() => unfinished.bytes === 0, 'it was taken after all');

  const idle = frames.begin('/x');
  idle.stream.write(begun);
  await until(() => isAbout(unfinished.bytes, begun.length), 'another has begun');
  unfinished.endIdle();
  assert.ok(isAbout(unfinished.bytes, begun.length));
  await sleep(300);
  unfinished.endIdle();
  const { status, message } = await idle.ended;
  assert.equal(status, DEADLINE_EXCEEDED);
  assert.match(message, /^DEADLINE_EXCEEDED: No part of the message has come for 0.2 s/);
  assert.equal(unfinished.bytes, 0);
});

test('a frame counts as 256 bytes at least: small ones cost more than they hold', async (t) => {
  const { unfinished, address } = await startWatched(t, {});
  using frames = connectFrames(address);
  const { stream, ended } = frames.begin('/x');
  stream.write(begun.subarray(0, 300));
  await until(() => unfinished.bytes === 300, 'a large one counts as it is');
  for (let count = 1; count <= 10; count++) {
    stream.write(Buffer.alloc(1));
    await until(() => unfinished.bytes === 300 + 256 * count, 'a small one counts as more');
  }
  const refused = ended.then(({ status }) => status === RESOURCE_EXHAUSTED);
  for (let count = 0; count < 2000 && unfinished.bytes > 0; count++) {
    stream.write(Buffer.alloc(1));
    await new Promise(setImmediate);
  }
  assert.ok(await refused);
  assert.equal(unfinished.bytes, 0);
});

test('messages that begin in the frame in which others end are each as fast as they come', async (t) => {
  const { unfinished, address } = await startWatched(t, { rateAfterMs: 200, minBytesPerSecond: 10_000 });
  using frames = connectFrames(address);
  const { stream, ended } = frames.begin('/x');
  let isOver = false;
  void ended.then(() => (isOver = true));
  const messages = Buffer.concat(Array<Buffer>(100).fill(framed(Buffer.alloc(1500))));
  for (let at = 0; at < messages.length; at += 2000) {
    stream.write(messages.subarray(at, at + 2000));
    await sleep(10);
    unfinished.endIdle();
  }
  assert.equal(isOver, false);
  stream.write(framed(Buffer.alloc(1500)).subarray(0, 300));
  await sleep(300);
  unfinished.endIdle();
  assert.equal((await ended).status, DEADLINE_EXCEEDED);
});
