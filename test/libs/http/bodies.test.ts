import assert from 'node:assert/strict';
import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Bodies } from '../../../libs/http/bodies.js';
import { isCode } from '../../helpers/errors.js';

const LIMITS = { maxCalls: 2, maxBytes: 100, minBytesPerSecond: 100, rateAfterMs: 200 };
const never = new AbortController().signal;

/** A request to write to, and what comes of reading it. */
function begin(bodies: Bodies, work?: () => Promise<void>) {
  const stream = new PassThrough();
  const read = bodies.receive(stream as unknown as IncomingMessage, never, async ({ chunks, hold }) => {
    let came = 0;
    for await (const { length } of chunks) {
      hold((came += length));
      await work?.();
    }
    return came;
  });
  read.catch(() => undefined);
  return { stream, read };
}

test('a request whose next bytes do not come gives way to one that does, one that is worked on does not', async () => {
  const bodies = new Bodies({ ...LIMITS, rateAfterMs: 60_000 });
  let done: () => void = () => undefined;
  const worked = begin(bodies, () => new Promise((resolve) => (done = resolve)));
  worked.stream.write(Buffer.alloc(10));
  const idle = begin(bodies);
  idle.stream.write(Buffer.alloc(10));
  await sleep(1100);
  const next = begin(bodies);
  next.stream.end(Buffer.alloc(90));
  assert.equal(await next.read, 90);
  await assert.rejects(idle.read, isCode('BACKPRESSURE', /2 calls are under way/));
  worked.stream.end();
  done();
  assert.equal(await worked.read, 10);
});

test('what has not come whole is bounded over all requests, and a request that drips ends', async () => {
  const bodies = new Bodies(LIMITS);
  const large = begin(bodies);
  large.stream.write(Buffer.alloc(101));
  await assert.rejects(large.read, isCode('BACKPRESSURE', /hold 0 bytes/));
  const slow = begin(bodies);
  const dripping = setInterval(() => slow.stream.write(Buffer.alloc(1)), 50);
  await assert.rejects(slow.read, isCode('DEADLINE_EXCEEDED', /less than 100 bytes per second/));
  clearInterval(dripping);
});
