import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { ThreadClient, ThreadPool } from '#libs/threads';
import { isCode } from '../../helpers/errors.js';
import type { TaskMethods } from './_task-thread.js';

let started = 0;
let gate: Int32Array;
let pool: ThreadPool<TaskMethods>;
beforeEach(() => {
  started = 0;
  gate = new Int32Array(new SharedArrayBuffer(4));
  const start = (): ThreadClient<TaskMethods> => {
    started++;
    return new ThreadClient(new URL('./_task-thread.js', import.meta.url), 'test thread');
  };
  pool = new ThreadPool(start, { threads: 2, tasksPerThread: 1 });
});
afterEach(() => pool.close());

/** Lets the tasks that hold, and those that will, go on. */
function open(): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

/** A task that writes its name when a thread takes it and holds that thread until the gate opens. */
const holding =
  (name: string, taken: string[] = []) =>
  (client: ThreadClient<TaskMethods>): Promise<string> => {
    taken.push(name);
    return client.call('hold', { gate, name });
  };

test('each thread takes as many tasks as it may; the most urgent, then the oldest goes first', async () => {
  const taken: string[] = [];
  const all = [
    pool.run(holding('a', taken)),
    pool.run(holding('b', taken)),
    pool.run(holding('last', taken), { priority: 2 }),
    pool.run(holding('c', taken)),
    pool.run(holding('d', taken)),
    pool.run(holding('first', taken), { priority: -1 }),
  ];
  assert.deepEqual(taken, ['a', 'b']);
  open();
  assert.deepEqual(await Promise.all(all), ['a', 'b', 'last', 'c', 'd', 'first']);
  assert.deepEqual(taken, ['a', 'b', 'first', 'c', 'd', 'last']);
});

test('a task whose caller gives up while it waits is never taken', async () => {
  const taken: string[] = [];
  const busy = [pool.run(holding('a')), pool.run(holding('b'))];
  const caller = new AbortController();
  const waiting = pool.run(holding('waiting', taken), { signal: caller.signal });
  caller.abort();
  await assert.rejects(waiting, isCode('CANCELLED'));
  await assert.rejects(pool.run(holding('late', taken), { signal: caller.signal }), isCode('CANCELLED'));
  open();
  await Promise.all(busy);
  assert.deepEqual(taken, []);
});

test('a thread that ends fails what it holds, which may be tried again; another takes what waits', async () => {
  open();
  const ending = Array.from({ length: 3 }, () => pool.run((client) => client.call('end', null)));
  const waiting = Array.from({ length: 3 }, (_, index) => pool.run(holding(`${index}`)));
  for (const { reason } of (await Promise.allSettled(ending)) as PromiseRejectedResult[])
    assert.ok(isCode('INTERNAL')(reason) && reason.retryable);
  assert.deepEqual(await Promise.all(waiting), ['0', '1', '2']);
  // The last to end is replaced when there is need of it.
  assert.ok(started === 4 || started === 5, `${started} threads`);
});

test('closing answers what threads hold and refuses what waits and what comes', async () => {
  const outcomes = Array.from({ length: 4 }, (_, index) => pool.run(holding(`${index}`)));
  const settled = Promise.allSettled(outcomes);
  const closed = pool.close();
  open();
  await closed;
  assert.deepEqual(
    (await settled).map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
  await assert.rejects(pool.run(holding('late')), isCode('SERVICE_UNAVAILABLE'));
});
