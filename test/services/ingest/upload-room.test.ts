import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode } from '../../helpers/errors.js';
import { UploadRoom } from '../../../services/ingest/sources/grpc/upload-room.js';

test('images wait for room in all uploads together; one larger than all of it is taken alone', async () => {
  const room = new UploadRoom(100);
  const { signal } = new AbortController();
  const release = await room.acquire(60, signal);
  const order: string[] = [];
  const waiting = room.acquire(60, signal).then((give) => {
    order.push('second');
    return give;
  });
  (await room.acquire(40, signal))();
  order.push('small');
  release();
  (await waiting)();
  assert.deepEqual(order, ['small', 'second']);
  (await room.acquire(500, signal))();

  const held = await room.acquire(100, signal);
  const caller = new AbortController();
  const cancelled = assert.rejects(room.acquire(1, caller.signal), isCode('CANCELLED'));
  caller.abort();
  await cancelled;
  held();
});
