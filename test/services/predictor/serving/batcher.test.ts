import assert from 'node:assert/strict';
import { setMaxListeners } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { createRandom } from '#libs/random';
import { isCode } from '../../../helpers/errors.js';
import { Batcher, type Batched, type BatcherOptions } from '../../../../services/predictor/serving/batcher.js';
import type { Priority } from '../../../../services/predictor/serving/priority.js';

const never = new AbortController().signal;
setMaxListeners(0, never);

/** A batcher whose work is to answer each number with its square, and which keeps the batches it was given. */
function squares(overrides: Partial<BatcherOptions<number, number>> = {}) {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>({
    maxBatchSize: 4,
    maxDelayMs: 20,
    maxBatchesInFlight: 2,
    run: async (rows) => {
      batches.push([...rows]);
      await sleep(1);
      return rows.map((row) => row * row);
    },
    ...overrides,
  });
  return { batcher, batches };
}

/** What a request does: reserves, prepares its row, submits it. */
async function submitPrepared(
  batcher: Batcher<number, number>,
  prepare: (signal: AbortSignal) => Promise<number>,
  signal: AbortSignal,
  priority?: Priority,
): Promise<Batched<number>> {
  using reservation = batcher.reserve(signal, priority);
  return await reservation.submit(await prepare(reservation.signal));
}

/** A run that each batch waits in until it is let go. */
function gate() {
  const releases: (() => void)[] = [];
  return {
    pass: () => new Promise<void>((resolve) => releases.push(resolve)),
    open: () => releases.splice(0).forEach((release) => release()),
  };
}

test('Batcher - a row goes out at once when no other is reserved', async () => {
  const { batcher, batches } = squares({ maxDelayMs: 60_000 });
  const { result, batchSize } = await submitPrepared(batcher, async () => 7, never);
  assert.equal(result, 49);
  assert.equal(batchSize, 1);
  assert.deepEqual(batches, [[7]]);
});

test('Batcher - a row that is ready and alone goes out at once, also without a reservation', async () => {
  const { batcher } = squares({ maxDelayMs: 60_000 });
  assert.deepEqual(
    (await Promise.all([batcher.submit(2, never), batcher.submit(3, never)])).map(({ result }) => result),
    [4, 9],
  );
});

test('Batcher - rows that are reserved together go out together, in the order of their submission', async () => {
  const { batcher, batches } = squares({ maxDelayMs: 60_000 });
  const reservations = [1, 2, 3].map(() => batcher.reserve(never));
  const rows = await Promise.all(reservations.map((reservation, index) => reservation.submit(index)));
  assert.deepEqual(batches, [[0, 1, 2]]);
  assert.deepEqual(
    rows.map(({ batchRow }) => batchRow),
    [0, 1, 2],
  );
});

test('Batcher - rows that are prepared at the same time share a batch, up to its limit', async () => {
  const { batcher, batches } = squares({ maxDelayMs: 60_000 });
  const results = await Promise.all([1, 2, 3, 4, 5].map((row) => submitPrepared(batcher, () => sleep(5, row), never)));
  assert.deepEqual(
    results.map(({ result }) => result),
    [1, 4, 9, 16, 25],
  );
  assert.deepEqual(batches, [[1, 2, 3, 4], [5]]);
});

test('Batcher - urgent rows go before others, equals in the order in which they came', async () => {
  const { pass, open } = gate();
  const order: number[][] = [];
  const { batcher } = squares({
    maxBatchSize: 2,
    maxBatchesInFlight: 1,
    run: async (rows) => {
      order.push([...rows]);
      await pass();
      return rows.map((row) => row * row);
    },
  });
  const first = submitPrepared(batcher, async () => 0, never);
  await sleep(1);
  const rest = (
    [
      [11, 2],
      [31, 3],
      [12, 2],
      [1, 1],
      [32, 3],
      [2, 1],
    ] as const
  ).map(([row, priority]) => submitPrepared(batcher, async () => row, never, priority));
  const done = Promise.all([first, ...rest]);
  while (order.flat().length < 7) {
    open();
    await sleep(1);
  }
  open();
  assert.deepEqual(
    (await done).map(({ result }) => result),
    [0, 121, 961, 144, 1, 1024, 4],
  );
  assert.deepEqual(order, [[0], [1, 2], [11, 12], [31, 32]]);
});

test('Batcher - a row waits for reserved ones no longer than the delay', { timeout: 10_000 }, async () => {
  const { batcher, batches } = squares({ maxDelayMs: 10 });
  using slow = batcher.reserve(never);
  await submitPrepared(batcher, async () => 1, never);
  await slow.submit(2);
  assert.deepEqual(batches, [[1], [2]]);
});

test('Batcher - a batch of the largest filled preferred size goes out while others are still reserved', async () => {
  const { batcher, batches } = squares({ maxBatchSize: 16, preferredBatchSizes: [2, 3], maxDelayMs: 60_000 });
  let ready: () => void = () => undefined;
  const last = submitPrepared(batcher, () => new Promise((resolve) => (ready = () => resolve(6))), never);
  const first = [1, 2, 3, 4, 5].map((row) => submitPrepared(batcher, async () => row, never));
  await Promise.all(first.slice(0, 4));
  assert.deepEqual(batches, [
    [1, 2],
    [3, 4],
  ]);
  ready();
  await Promise.all([last, ...first]);
  assert.deepEqual(batches, [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
});

test('Batcher - a row that waits longer than the queue allows is DEADLINE_EXCEEDED and never computed', async () => {
  const batches: number[][] = [];
  const { pass, open } = gate();
  const { batcher } = squares({
    maxBatchesInFlight: 1,
    queueTimeoutMs: 30,
    run: async (rows) => {
      batches.push([...rows]);
      await pass();
      return rows.map((row) => row * row);
    },
  });
  const running = submitPrepared(batcher, async () => 1, never);
  while (batches.length === 0) await sleep(1);
  const waiting = submitPrepared(batcher, async () => 2, never);
  const slow = submitPrepared(
    batcher,
    (wanted) => new Promise((_, reject) => wanted.addEventListener('abort', () => reject(wanted.reason as Error))),
    never,
  );
  for (const late of [waiting, slow])
    await assert.rejects(
      late,
      (error) => isCode('DEADLINE_EXCEEDED')(error) && /not taken up within 30 ms/.test((error as Error).message),
    );
  open();
  assert.equal((await running).result, 1);
  assert.deepEqual(batches, [[1]]);
});

test('Batcher - a row whose neighbour fails to prepare does not wait for it any longer', async () => {
  const { batcher } = squares({ maxDelayMs: 60_000 });
  const failing = submitPrepared(
    batcher,
    async () => {
      await sleep(10);
      throw new SulcusError('IMAGE_EMPTY', 'no bytes');
    },
    never,
  );
  const [failed, answered] = await Promise.allSettled([failing, submitPrepared(batcher, async () => 3, never)]);
  assert.ok(failed.status === 'rejected' && isCode('IMAGE_EMPTY')(failed.reason));
  assert.ok(answered.status === 'fulfilled' && answered.value.result === 9);
});

test('Batcher - no more batches are in flight than allowed', async () => {
  const { pass, open } = gate();
  let inFlight = 0;
  let most = 0;
  const { batcher } = squares({
    maxBatchSize: 1,
    run: async (rows) => {
      most = Math.max(most, ++inFlight);
      await pass();
      inFlight--;
      return rows;
    },
  });
  const all = Promise.all([1, 2, 3, 4, 5].map((row) => submitPrepared(batcher, async () => row, never)));
  const opener = setInterval(open, 5);
  await all;
  clearInterval(opener);
  assert.equal(most, 2);
});

test('Batcher - a row cancelled before its batch went out never reaches the work', async () => {
  const { pass, open } = gate();
  const seen: number[] = [];
  const { batcher } = squares({
    maxBatchesInFlight: 1,
    run: async (rows) => {
      seen.push(...rows);
      await pass();
      return rows;
    },
  });
  const first = submitPrepared(batcher, async () => 1, never);
  await sleep(5);
  const caller = new AbortController();
  const cancelled = submitPrepared(batcher, async () => 2, caller.signal);
  const kept = submitPrepared(batcher, async () => 3, never);
  await sleep(5);
  assert.equal(batcher.waiting, 2);
  caller.abort(new SulcusError('DEADLINE_EXCEEDED', 'too late'));
  await assert.rejects(cancelled, isCode('DEADLINE_EXCEEDED'));
  assert.equal(batcher.waiting, 1);
  const opener = setInterval(open, 2);
  await Promise.all([first, kept]);
  clearInterval(opener);
  assert.deepEqual(seen, [1, 3]);
});

test('Batcher - a row cancelled while it is prepared never reaches the work', async () => {
  const { batcher, batches } = squares();
  const caller = new AbortController();
  const cancelled = submitPrepared(
    batcher,
    async () => {
      caller.abort();
      return 2;
    },
    caller.signal,
  );
  await assert.rejects(cancelled, isCode('CANCELLED'));
  assert.deepEqual(batches, []);
});

test('Batcher - a batch that fails fails all its rows and no other', async () => {
  const { batcher } = squares({
    maxBatchSize: 2,
    run: async (rows) => {
      if (rows.includes(3)) throw new SulcusError('ENGINE_FAILED', 'gone');
      return rows;
    },
  });
  const outcomes = await Promise.allSettled(
    [1, 2, 3, 4, 5].map((row) => submitPrepared(batcher, async () => row, never)),
  );
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'fulfilled'],
  );
});

test('Batcher - a wrong number of results is an error, never a mix-up', async () => {
  const { batcher } = squares({ run: async (rows) => rows.slice(1) });
  const outcomes = await Promise.allSettled([1, 2].map((row) => submitPrepared(batcher, async () => row, never)));
  for (const outcome of outcomes) assert.ok(outcome.status === 'rejected' && isCode('INTERNAL')(outcome.reason));
});

test('Batcher - closing fails what waits and what comes later; what runs is answered', async () => {
  const { pass, open } = gate();
  const { batcher } = squares({
    maxBatchesInFlight: 1,
    run: async (rows) => {
      await pass();
      return rows;
    },
  });
  const running = submitPrepared(batcher, async () => 1, never);
  await sleep(5);
  const waiting = submitPrepared(batcher, async () => 2, never);
  await sleep(5);
  batcher.close(new SulcusError('ENGINE_FAILED', 'the engine ended'));
  await assert.rejects(waiting, isCode('ENGINE_FAILED'));
  await assert.rejects(
    submitPrepared(batcher, async () => 3, never),
    isCode('ENGINE_FAILED'),
  );
  open();
  assert.equal((await running).result, 1);
});

// Property: whatever the concurrency, arrival times, batch sizes, cancellations and failures, every caller is answered
// with
// exactly its own row, and every row that was not given up is computed exactly once.
for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`Batcher - every caller gets exactly its rows (seed ${seed})`, async () => {
    const random = createRandom(seed, 'batcher property');
    const computed = new Map<number, number>();
    const maxBatchSize = random.integer(1, 9);
    const { batcher } = squares({
      maxBatchSize,
      maxDelayMs: random.integer(0, 4),
      maxBatchesInFlight: random.integer(1, 3),
      run: async (rows) => {
        assert.ok(rows.length >= 1 && rows.length <= maxBatchSize);
        for (const row of rows) computed.set(row, (computed.get(row) ?? 0) + 1);
        await sleep(random.integer(0, 3));
        if (random.chance(0.05)) throw new SulcusError('ENGINE_FAILED', 'by chance');
        return rows.map((row) => row * 10);
      },
    });

    let nextRow = 0;
    let answered = 0;
    const client = async (): Promise<void> => {
      for (let request = 0; request < 40; request++) {
        const row = nextRow++;
        const caller = new AbortController();
        const cancelled = random.chance(0.15);
        if (cancelled) setTimeout(() => caller.abort(), random.integer(0, 5));
        const prepareMs = random.integer(-1, 3);
        try {
          const { result } = await submitPrepared(
            batcher,
            () => (prepareMs < 0 ? Promise.resolve(row) : sleep(prepareMs, row)),
            caller.signal,
          );
          assert.equal(result, row * 10);
          assert.equal(computed.get(row), 1);
          answered++;
        } catch (error) {
          const { code } = SulcusError.from(error);
          assert.ok(code === 'ENGINE_FAILED' || (code === 'CANCELLED' && cancelled), String(error));
        }
      }
    };
    await Promise.all(Array.from({ length: random.integer(1, 40) }, client));
    assert.ok(answered > 0);
    assert.ok(
      [...computed.values()].every((times) => times === 1),
      'a row was computed twice',
    );
    assert.equal(batcher.waiting, 0);
  });
}

test('Batcher - it is idle when nothing is reserved, waits or runs; waiting for that ends with its time', async () => {
  const { pass, open } = gate();
  const { batcher } = squares({
    run: async (rows) => {
      await pass();
      return rows;
    },
  });
  await batcher.waitIdle(never, 60_000);
  let idle = false;
  const submitted = submitPrepared(batcher, async () => 1, never);
  const waited = batcher.waitIdle(never, 60_000).then(() => (idle = true));
  await batcher.waitIdle(never, 20);
  assert.equal(idle, false);
  open();
  await Promise.all([submitted, waited]);
  assert.equal(idle, true);
});

test('Batcher - a reservation that comes to nothing ends the waiting for it', { timeout: 10_000 }, async () => {
  const { batcher } = squares({ maxDelayMs: 60_000 });
  const reservation = batcher.reserve(never);
  const idle = batcher.waitIdle(never, 60_000);
  reservation[Symbol.dispose]();
  await idle;
});
