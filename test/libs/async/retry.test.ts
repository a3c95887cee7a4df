import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryStream, retryWithBackoff } from '#libs/async';
import { SulcusError, type ErrorCode } from '#libs/errors';

const failure = (code: ErrorCode) => new SulcusError(code, 'as the test wants it');

/** Fails with the codes in turn, then succeeds. */
function failing(...codes: ErrorCode[]) {
  return async (attempt: number): Promise<string> => {
    if (attempt <= codes.length) throw failure(codes[attempt - 1]!);
    return `attempt ${attempt}`;
  };
}

test('what is transient is tried again until it succeeds, and each pause is told', async () => {
  const told: string[] = [];
  const result = await retryWithBackoff(failing('BACKPRESSURE', 'BUS_UNAVAILABLE'), {
    firstDelayMs: 10,
    onRetry: ({ code }, attempt) => told.push(`${attempt} ${code}`),
  });
  assert.equal(result, 'attempt 3');
  assert.deepEqual(told, ['1 BACKPRESSURE', '2 BUS_UNAVAILABLE']);
});

test('a failure that waiting does not cure, and a defect of ours, are thrown at once', async () => {
  await assert.rejects(retryWithBackoff(failing('PERMISSION_DENIED')), { code: 'PERMISSION_DENIED' });
  const defect = new TypeError('undefined is not a function');
  await assert.rejects(
    retryWithBackoff(() => Promise.reject(defect), { shouldRetry: () => true }),
    (thrown) => thrown === defect,
  );
});

test('the last failure is thrown when the time or the attempts are over', async () => {
  const startMs = performance.now();
  const always = (): Promise<never> => Promise.reject(failure('BACKPRESSURE'));
  await assert.rejects(retryWithBackoff(always, { timeoutMs: 100, firstDelayMs: 20 }), { code: 'BACKPRESSURE' });
  assert.ok(performance.now() - startMs < 1000);

  let attempts = 0;
  await assert.rejects(
    retryWithBackoff(() => (attempts++, always()), { maxAttempts: 3, firstDelayMs: 1 }),
    { code: 'BACKPRESSURE' },
  );
  assert.equal(attempts, 3);
});

test('pauses double and stay below the longest', async () => {
  const startedMs: number[] = [];
  await assert.rejects(
    retryWithBackoff(() => (startedMs.push(performance.now()), Promise.reject(failure('BUS_UNAVAILABLE'))), {
      firstDelayMs: 20,
      maxDelayMs: 80,
      maxAttempts: 6,
    }),
  );
  const pausesMs = startedMs.slice(1).map((timeMs, index) => timeMs - startedMs[index]!);
  for (const [index, longestMs] of [20, 40, 80, 80, 80].entries()) {
    assert.ok(pausesMs[index]! > longestMs / 2 - 5, `pause ${index} of ${pausesMs[index]} ms`);
    assert.ok(pausesMs[index]! < longestMs + 60, `pause ${index} of ${pausesMs[index]} ms`);
  }
});

test("an abort ends a pause with the signal's reason", async () => {
  const gone = new AbortController();
  setTimeout(() => gone.abort(failure('CANCELLED')), 20);
  const startMs = performance.now();
  await assert.rejects(
    retryWithBackoff(() => Promise.reject(failure('BACKPRESSURE')), { firstDelayMs: 10_000, signal: gone.signal }),
    { code: 'CANCELLED' },
  );
  assert.ok(performance.now() - startMs < 5000);
});

test('what an attempt brings during an abort is kept, and after an abort there is one attempt', async () => {
  const gone = new AbortController();
  const done = await retryWithBackoff(async () => (gone.abort(), 'done'), { signal: gone.signal });
  assert.equal(done, 'done');
  assert.equal(await retryWithBackoff(failing(), { signal: gone.signal }), 'attempt 1');
  await assert.rejects(retryWithBackoff(failing('BACKPRESSURE'), { signal: gone.signal }), { code: 'BACKPRESSURE' });
});

test('a stream that breaks off is opened again, and its consumer sees the items alone', async () => {
  let opened = 0;
  let next = 0;
  async function* open(): AsyncGenerator<number> {
    opened++;
    for (; next < 6; ) {
      yield next++;
      if (next % 2 === 0) throw failure('BUS_UNAVAILABLE');
    }
  }
  const seen: number[] = [];
  for await (const item of retryStream(open, { firstDelayMs: 1, maxAttempts: 2 })) seen.push(item);
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5]);
  assert.equal(opened, 4);
});

test('a consumer that leaves closes the stream', async () => {
  let closed = false;
  async function* open(): AsyncGenerator<number> {
    try {
      for (;;) yield 1;
    } finally {
      closed = true;
    }
  }
  for await (const _ of retryStream(open)) break;
  assert.ok(closed);
});
