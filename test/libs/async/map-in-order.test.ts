import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mapInOrder } from '#libs/async';
import { createRandom } from '#libs/random';

async function* numbers(count: number): AsyncGenerator<number> {
  for (let index = 0; index < count; index++) yield index;
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('results keep the order of the items, however long each takes, and few are under way', async () => {
  const random = createRandom('in order');
  let running = 0;
  let most = 0;
  const results = await collect(
    mapInOrder(numbers(60), 7, async (index) => {
      most = Math.max(most, ++running);
      await sleep(random.integer(0, 8));
      running--;
      return index;
    }),
  );
  assert.deepEqual(results, await collect(numbers(60)));
  assert.equal(most, 7);
});

test('a result is handed on while the source waits for it', { timeout: 2000 }, async () => {
  let answered: () => void = () => undefined;
  const firstAnswered = new Promise<void>((resolve) => (answered = resolve));
  async function* lockstep(): AsyncGenerator<number> {
    yield 1;
    await firstAnswered;
    yield 2;
  }
  const seen: number[] = [];
  for await (const result of mapInOrder(lockstep(), 8, async (value) => value)) {
    seen.push(result);
    answered();
  }
  assert.deepEqual(seen, [1, 2]);
});

test('a consumer that stops reading stops the source', async () => {
  let begun = 0;
  const results = mapInOrder(numbers(100), 5, async () => void begun++);
  await results.next();
  await sleep(30);
  assert.ok(begun <= 6, `one is handed on, five are held, and ${begun} were begun`);
  await results.return();
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
    for await (const value of mapInOrder(source(), 4, async (index) => {
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

test("work that fails after the consumer has left is nobody's unhandled rejection", async () => {
  const results = mapInOrder(numbers(3), 4, async (index) => {
    if (index === 0) return index;
    await sleep(10);
    throw new Error('too late to be seen');
  });
  await results.next();
  await results.return();
  await sleep(30); // the test runner fails the test for an unhandled rejection
});

test('an item that arrives when the consumer has left is worked on, so that what it holds is given back', async () => {
  const released: number[] = [];
  async function* slowToGive(): AsyncGenerator<number> {
    yield 1;
    await sleep(10);
    yield 2;
  }
  const results = mapInOrder(slowToGive(), 4, async (item) => void released.push(item));
  await results.next();
  await results.return();
  await sleep(30);
  assert.deepEqual(released, [1, 2]);
});
