import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '#libs/random';
import { inOrder, type Started } from '../../../../services/predictor/batching/in-order.js';

/** Begins one piece of work per delay; counts what is begun. */
function source(delaysMs: readonly number[]) {
  const state = { begun: 0 };
  async function* begin(): AsyncGenerator<Started<number>> {
    for (const [index, delayMs] of delaysMs.entries()) {
      state.begun++;
      yield { answer: sleep(delayMs, index) };
    }
  }
  return { state, work: begin() };
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

test('inOrder - answers keep the order of the work, whichever is ready first', async () => {
  const random = createRandom('in order');
  const delaysMs = Array.from({ length: 60 }, () => random.integer(0, 8));
  assert.deepEqual(
    await collect(inOrder(source(delaysMs).work, 7)),
    delaysMs.map((_, index) => index),
  );
});

test('inOrder - an answer is handed on while the source has nothing more to give yet', { timeout: 2000 }, async () => {
  let release: () => void = () => undefined;
  async function* oneThenSilence(): AsyncGenerator<Started<string>> {
    yield { answer: Promise.resolve('first') };
    await new Promise<void>((resolve) => (release = resolve));
  }
  const answers = inOrder(oneThenSilence(), 4);
  assert.deepEqual(await answers.next(), { value: 'first', done: false });
  const end = answers.next();
  release();
  assert.equal((await end).done, true);
});

test('inOrder - a consumer that stops reading stops the source at the window', async () => {
  const { state, work } = source(Array.from({ length: 100 }, () => 0));
  const answers = inOrder(work, 5);
  await answers.next();
  await sleep(30);
  // One is handed on, five are held, one more has been read from the source and waits for a place.
  assert.ok(state.begun <= 7, `${state.begun} were begun`);
  await answers.return();
});

test("inOrder - a rejected answer is thrown in its turn, and the source's error after its answers", async () => {
  async function* failing(): AsyncGenerator<Started<number>> {
    yield { answer: sleep(5, 1) };
    yield { answer: Promise.reject(new Error('second')) };
  }
  const answers = inOrder(failing(), 4);
  assert.equal((await answers.next()).value, 1);
  await assert.rejects(answers.next(), /second/);
});

test("inOrder - work that fails after the consumer has left is nobody's unhandled rejection", async () => {
  async function* slowToBegin(): AsyncGenerator<Started<number>> {
    yield { answer: Promise.resolve(1) };
    await sleep(10);
    yield { answer: Promise.reject(new Error('too late to be seen')) };
  }
  const answers = inOrder(slowToBegin(), 4);
  await answers.next();
  await answers.return();
  await sleep(30); // the test runner fails the test for an unhandled rejection
});
