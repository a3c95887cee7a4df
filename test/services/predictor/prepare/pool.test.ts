import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { after, before, test } from 'node:test';
import { SulcusError } from '#libs/errors';
import {
  compileTransform,
  decodeImage,
  encodeImage,
  transformHash,
  transforms,
  type TransformSpec,
} from '#libs/imaging';
import { createRandom } from '#libs/random';
import { PreparePool } from '../../../../services/predictor/prepare/pool.js';

const never = new AbortController().signal;
setMaxListeners(0, never);
const ref = (spec: TransformSpec) => ({ hash: transformHash(spec), spec });
const small = ref(transforms['default-96']!);
const encoded = (bytes: Uint8Array) => ({ format: 'encoded' as const, bytes });
const isCode = (code: string) => (error: unknown) => error instanceof SulcusError && error.code === code;

async function randomPng(seed: number, width = 120, height = 90): Promise<Buffer> {
  const random = createRandom(seed, 'image');
  return encodeImage(
    { width, height, channels: 1, data: Uint8Array.from({ length: width * height }, () => random.integer(0, 255)) },
    'png',
  );
}

let pool: PreparePool;
before(async () => {
  pool = new PreparePool({ threads: 2 });
  await pool.warmUp(small);
});
after(() => pool.close());

test('PreparePool - the pixels are those of decode and evaluation transform in this thread, with the content hash', async () => {
  const image = await randomPng(1);
  const { pixels, sampleId, prepareMs } = await pool.prepare(small, encoded(image), never);
  const expected = compileTransform(transforms['default-96']!, 'eval')(await decodeImage(image));
  assert.deepEqual(pixels, expected);
  assert.equal(sampleId, createHash('sha256').update(image).digest('hex'));
  assert.ok(prepareMs > 0);
});

test('PreparePool - many images of two transforms at once: every caller gets its own', async () => {
  const images = await Promise.all(Array.from({ length: 24 }, (_, seed) => randomPng(seed)));
  const specs = [transforms['default-96']!, transforms['default-128']!];
  const prepared = await Promise.all(
    images.map((image, index) => pool.prepare(ref(specs[index % 2]!), encoded(image), never)),
  );
  for (const [index, { pixels }] of prepared.entries()) {
    assert.deepEqual(pixels, compileTransform(specs[index % 2]!, 'eval')(await decodeImage(images[index]!)));
  }
});

test("PreparePool - the caller's image is not taken away, nor what lies beside it in memory", async () => {
  const image = await randomPng(3);
  const around = Buffer.concat([Buffer.alloc(100, 1), image, Buffer.alloc(100, 2)]);
  await pool.prepare(small, encoded(around.subarray(100, 100 + image.length)), never);
  assert.equal(around.length, image.length + 200);
  assert.deepEqual(around.subarray(100, 100 + image.length), image);
});

for (const [what, image, code] of [
  ['no bytes', Buffer.alloc(0), 'IMAGE_EMPTY'],
  ['text', Buffer.from('this is not an image, whatever its name says'), 'IMAGE_UNDECODABLE'],
] as const) {
  test(`PreparePool - ${what}: ${code}, and the error names the sample`, async () => {
    const sampleId = createHash('sha256').update(image).digest('hex');
    await assert.rejects(
      pool.prepare(small, encoded(image), never),
      (error) => isCode(code)(error) && (error as SulcusError).details.sampleId === sampleId,
    );
  });
}

test('PreparePool - a truncated image is refused', async () => {
  const image = await randomPng(4);
  await assert.rejects(
    pool.prepare(small, encoded(image.subarray(0, image.length / 2)), never),
    isCode('IMAGE_TRUNCATED'),
  );
});

test('PreparePool - an image whose caller gave up while it waited is dropped', async () => {
  const image = await randomPng(5, 400, 400);
  const busy = Array.from({ length: 8 }, () => pool.prepare(small, encoded(image), never));
  const caller = new AbortController();
  const waiting = pool.prepare(small, encoded(image), caller.signal);
  caller.abort();
  await assert.rejects(waiting, isCode('CANCELLED'));
  await Promise.all(busy);
});

test('PreparePool - closing answers what the workers hold and refuses the rest', async () => {
  const closing = new PreparePool({ threads: 1 });
  await closing.warmUp(small);
  const image = await randomPng(6);
  const outcomes = Array.from({ length: 5 }, () => closing.prepare(small, encoded(image), never));
  const settled = Promise.allSettled(outcomes);
  await closing.close();
  const states = (await settled).map(({ status }) => status);
  assert.deepEqual(states, ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected']);
  await assert.rejects(closing.prepare(small, encoded(image), never), isCode('SERVICE_UNAVAILABLE'));
});

test('PreparePool - pixels pass unchanged, floats are rounded, and values that are no pixels are refused', async () => {
  const bytes = Uint8Array.from([0, 7, 255]);
  const passed = await pool.prepare(small, { format: 'uint8', bytes }, never);
  assert.deepEqual([...passed.pixels], [0, 7, 255]);
  assert.equal(passed.sampleId, createHash('sha256').update(bytes).digest('hex'));
  const floats = (values: number[]) => ({
    format: 'float32' as const,
    bytes: new Uint8Array(Float32Array.from(values).buffer),
  });
  assert.deepEqual([...(await pool.prepare(small, floats([0, 6.6, 254.4, 255]), never)).pixels], [0, 7, 254, 255]);
  for (const wrong of [NaN, Infinity, -0.5, 255.5]) {
    await assert.rejects(
      pool.prepare(small, floats([1, wrong]), never),
      (error) => isCode('INVALID_ARGUMENT')(error) && /Value 1 of the image is/.test((error as SulcusError).message),
    );
  }
});
