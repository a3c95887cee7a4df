import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { IdleMemory } from '../../../libs/rpc/guard/idle-memory.js';

const MIB = 2 ** 20;
const buffersMib = (): number => Math.round(process.memoryUsage().arrayBuffers / MIB);

/** Buffers of messages that nobody needs any more. */
function leave(mib: number): void {
  for (let count = 0; count < mib; count++) Buffer.alloc(MIB, 1);
}

test('what messages have left is given back once nobody calls for two seconds, and once for each pause', async () => {
  const memory = new IdleMemory();
  memory.look(0);
  const before = buffersMib();
  leave(24);
  const lastFrameMs = performance.now();
  memory.look(lastFrameMs);
  assert.ok(buffersMib() >= before + 20, 'not while somebody may be calling');
  await sleep(2100);
  memory.look(lastFrameMs);
  // Another thread frees them, a moment later.
  await sleep(200);
  assert.ok(buffersMib() <= before + 4, `${buffersMib()} MiB`);
  leave(24);
  memory.look(lastFrameMs);
  await sleep(200);
  assert.ok(buffersMib() >= before + 20, 'a pause is looked at once');
});
