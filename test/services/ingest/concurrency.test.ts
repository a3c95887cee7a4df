import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SulcusError } from '#libs/errors';
import { inOrder, Turns } from '../../../services/ingest/concurrency.js';
import { withPatience } from '../../../services/ingest/patience.js';
import { collect, sleep } from './_ingest.js';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let index = 0; index < count; index++) yield index;
}

test('results keep the order of the items, however long each takes, and few are under way', async () => {
  let running = 0;
  let most = 0;
  const results = await collect(
    inOrder(numbers(40), 5, async (index) => {
      most = Math.max(most, ++running);
      await sleep((index * 7) % 11);
      running--;
      return index;
    }),
  );
  assert.deepEqual(
    results,
    Array.from({ length: 40 }, (_, index) => index),
  );
  assert.equal(most, 5);
});

test('a result is handed on while the source waits for it', async () => {
  let answered: () => void = () => undefined;
  const firstAnswered = new Promise<void>((resolve) => (answered = resolve));
  async function* lockstep(): AsyncGenerator<number> {
    yield 1;
    await firstAnswered;
    yield 2;
  }
  const seen: number[] = [];
  for await (const result of inOrder(lockstep(), 8, async (value) => value)) {
    seen.push(result);
    answered();
  }
  assert.deepEqual(seen, [1, 2]);
});

test('a failure arrives in its turn and returns the source', async () => {
  let returned = false;
  async function* source(): AsyncGenerator<number> {
    try {
      yield* numbers(100);
    } finally {
      returned = true;
    }
  }
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const value of inOrder(source(), 4, async (index) => {
      if (index === 6) throw new Error('six');
      await sleep(3);
      return index;
    }))
      seen.push(value);
  }, /six/);
  await sleep(1);
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  assert.ok(returned);
});

test('turns come in the order they were taken, and one that was given up blocks nobody', async () => {
  const turns = new Turns();
  const order: number[] = [];
  await Promise.all(
    [30, 0, 10, 5].map(async (delayMs, index) => {
      const turn = turns.next();
      await sleep(delayMs);
      if (index !== 2) {
        await turn.mine;
        order.push(index);
      }
      turn.pass();
    }),
  );
  assert.deepEqual(order, [0, 1, 3]);
});

test('patience repeats while the pipeline is full, tells once, and passes other errors on', async () => {
  const full = () => new SulcusError('BACKPRESSURE', 'full');
  let tries = 0;
  const waits: string[] = [];
  const result = await withPatience(
    async () => {
      if (++tries < 3) throw full();
      return 'stored';
    },
    { patienceMs: 5000, onWait: (error) => waits.push(error.code) },
  );
  assert.equal(result, 'stored');
  assert.deepEqual(waits, ['BACKPRESSURE']);

  await assert.rejects(
    withPatience(
      async () => {
        throw full();
      },
      { patienceMs: 250 },
    ),
    { code: 'BACKPRESSURE' },
  );
  await assert.rejects(
    withPatience(
      async () => {
        throw new SulcusError('PERMISSION_DENIED', 'no');
      },
      { patienceMs: 5000 },
    ),
    { code: 'PERMISSION_DENIED' },
  );
  const gone = new AbortController();
  setTimeout(() => gone.abort(new SulcusError('CANCELLED', 'the client ended the call')), 20);
  await assert.rejects(
    withPatience(
      async () => {
        throw full();
      },
      { patienceMs: 60_000, signal: gone.signal },
    ),
    { code: 'CANCELLED' },
  );
});
