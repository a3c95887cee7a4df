import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, test } from 'node:test';
import sharp from 'sharp';
import {
  compileTransform,
  decodeImage,
  ImageWorkerPool,
  perceptualHash,
  prepareFile,
  sharedBytes,
  transformHash,
  transforms,
  type TransformSpec,
} from '#libs/imaging';
import { createRandom } from '#libs/random';
import { noiseImage } from '../../../helpers/images.js';
import { isCode } from '../../../helpers/errors.js';

const ref = (spec: TransformSpec) => ({ hash: transformHash(spec), spec });
const small = ref(transforms['default-96']!);
const encoded = (bytes: Uint8Array) => ({ format: 'encoded' as const, bytes });
const randomPng = (seed: number, width = 120, height = 90): Promise<Buffer> =>
  noiseImage(seed, { format: 'png', width, height });

let pool: ImageWorkerPool;
before(async () => {
  pool = new ImageWorkerPool({ threads: 2 });
  await pool.warmUp(small);
});
after(() => pool.close());

test('the pixels are those of decode and evaluation transform in this thread, with the content hash', async () => {
  const image = await randomPng(1);
  const { pixels, sampleId, prepareMs } = await pool.prepareInput(small, encoded(image));
  const expected = compileTransform(transforms['default-96']!, 'eval')(await decodeImage(image));
  assert.deepEqual(pixels, expected);
  assert.equal(sampleId, createHash('sha256').update(image).digest('hex'));
  assert.ok(prepareMs > 0);
});

test('many images of two transforms at once: every caller gets its own', async () => {
  const images = await Promise.all(Array.from({ length: 24 }, (_, seed) => randomPng(seed)));
  const specs = [transforms['default-96']!, transforms['default-128']!];
  const prepared = await Promise.all(
    images.map((image, index) => pool.prepareInput(ref(specs[index % 2]!), encoded(image))),
  );
  for (const [index, { pixels }] of prepared.entries()) {
    assert.deepEqual(pixels, compileTransform(specs[index % 2]!, 'eval')(await decodeImage(images[index]!)));
  }
});

test("the caller's image is not taken away, nor what lies beside it in memory", async () => {
  const image = await randomPng(3);
  const around = Buffer.concat([Buffer.alloc(100, 1), image, Buffer.alloc(100, 2)]);
  await pool.prepareInput(small, encoded(around.subarray(100, 100 + image.length)));
  assert.equal(around.length, image.length + 200);
  assert.deepEqual(around.subarray(100, 100 + image.length), image);
});

for (const [what, image, code] of [
  ['no bytes', Buffer.alloc(0), 'IMAGE_EMPTY'],
  ['text', Buffer.from('this is not an image, whatever its name says'), 'IMAGE_UNDECODABLE'],
] as const) {
  test(`${what}: ${code}, and the error names the sample`, async () => {
    const sampleId = createHash('sha256').update(image).digest('hex');
    await assert.rejects(
      pool.prepareInput(small, encoded(image)),
      (error) => isCode(code)(error) && error.details.sampleId === sampleId,
    );
  });
}

test('a truncated image is refused', async () => {
  const image = await randomPng(4);
  await assert.rejects(
    pool.prepareInput(small, encoded(image.subarray(0, image.length / 2))),
    isCode('IMAGE_TRUNCATED'),
  );
});

test('an image whose caller gave up while it waited is dropped', async () => {
  const image = await randomPng(5, 400, 400);
  const busy = Array.from({ length: 8 }, () => pool.prepareInput(small, encoded(image)));
  const caller = new AbortController();
  const waiting = pool.prepareInput(small, encoded(image), { signal: caller.signal });
  caller.abort();
  await assert.rejects(waiting, isCode('CANCELLED'));
  await Promise.all(busy);
});

test('closing answers what the workers hold and refuses the rest', async () => {
  const closing = new ImageWorkerPool({ threads: 1 });
  await closing.warmUp(small);
  const image = await randomPng(6);
  const outcomes = Array.from({ length: 5 }, () => closing.prepareInput(small, encoded(image)));
  const settled = Promise.allSettled(outcomes);
  await closing.close();
  const states = (await settled).map(({ status }) => status);
  assert.deepEqual(states, ['fulfilled', 'fulfilled', 'rejected', 'rejected', 'rejected']);
  await assert.rejects(closing.prepareInput(small, encoded(image)), isCode('SERVICE_UNAVAILABLE'));
});

test('pixels pass unchanged, floats are rounded, and values that are no pixels are refused', async () => {
  const bytes = Uint8Array.from([0, 7, 255]);
  const passed = await pool.prepareInput(small, { format: 'uint8', bytes });
  assert.deepEqual([...passed.pixels], [0, 7, 255]);
  assert.equal(passed.sampleId, createHash('sha256').update(bytes).digest('hex'));
  const floats = (values: number[]) => ({
    format: 'float32' as const,
    bytes: new Uint8Array(Float32Array.from(values).buffer),
  });
  assert.deepEqual([...(await pool.prepareInput(small, floats([0, 6.6, 254.4, 255]))).pixels], [0, 7, 254, 255]);
  for (const wrong of [NaN, Infinity, -0.5, 255.5]) {
    await assert.rejects(
      pool.prepareInput(small, floats([1, wrong])),
      isCode('INVALID_ARGUMENT', /Value 1 of the image is/),
    );
  }
});

test('files prepared and samples transformed in threads are what one thread makes of them', async () => {
  const spec = transforms['s0-224']!;
  const train = { ...ref(spec), mode: 'train' } as const;
  const compiled = compileTransform(spec, 'train');
  const files = await Promise.all(Array.from({ length: 19 }, (_, seed) => randomPng(seed, 300, 260)));
  const samples = await Promise.all(
    files.map(async (file, index) => ({
      sampleId: `sample ${index}`,
      prepared: await pool.prepareFile(train, file),
    })),
  );
  for (const { prepared } of samples) assert.ok(prepared.image.data.buffer instanceof SharedArrayBuffer);
  const output = sharedBytes(samples.length * compiled.outputBytes);
  await pool.transformSamples(train, { seed: 7, epoch: 3, samples, output });
  for (const [index, file] of files.entries()) {
    const expected = new Uint8Array(compiled.outputBytes);
    const random = createRandom(7, 'augment', 3, `sample ${index}`);
    compiled.apply(await prepareFile(file, compiled), random, expected);
    const actual = output.subarray(index * compiled.outputBytes, (index + 1) * compiled.outputBytes);
    assert.ok(Buffer.from(actual).equals(expected), `sample ${index}`);
  }
});

test('a transform that is refused says what is wrong with it, again and again; others go on', async () => {
  const refused = { hash: 'f'.repeat(64), spec: { ...transforms['default-96'], channels: 2 } };
  const image = await randomPng(8);
  for (let attempt = 0; attempt < 2; attempt++) {
    await assert.rejects(pool.prepareInput(refused, encoded(image)), isCode('INVALID_ARGUMENT', /channels/));
  }
  await pool.prepareInput(small, encoded(image));
});

test('many transforms, one after the other: those that came first are still known', async () => {
  await using narrow = new ImageWorkerPool({ threads: 1 });
  const image = await randomPng(9, 20, 20);
  const named = (index: number) => ref({ ...transforms['default-96']!, name: `transform ${index}` });
  const all = Array.from({ length: 70 }, (_, index) => narrow.prepareInput(named(index), encoded(image)));
  const [first] = await Promise.all(all);
  assert.deepEqual((await narrow.prepareInput(named(0), encoded(image))).pixels, first!.pixels);
});

test('limits hold for files and for inputs', async () => {
  await using narrow = new ImageWorkerPool({ threads: 1, limits: { maxPixels: 1000 } });
  const image = await randomPng(10, 40, 40);
  await assert.rejects(narrow.prepareFile(small, image), isCode('IMAGE_TOO_LARGE'));
  await assert.rejects(narrow.prepareInput(small, encoded(image)), isCode('IMAGE_TOO_LARGE'));
});

test('a file is described as it is decoded in this thread, and nobody else waits for it', async () => {
  const small = await randomPng(7);
  const decoded = await decodeImage(small);
  const { format, width, height, channels, ...rest } = await pool.describeFile(small);
  assert.deepEqual([format, width, height, channels], ['png', 120, 90, decoded.channels]);
  assert.deepEqual(rest.perceptualHash, perceptualHash(decoded));
  await assert.rejects(pool.describeFile(small.subarray(0, -100)), isCode('IMAGE_TRUNCATED'));
  // A picture of one colour: some tens of kilobytes, and as many pixels as may be.
  const grey = await solidPng(5700);
  assert.ok(grey.length < 200_000);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  assert.equal((await pool.describeFile(grey)).width, 5700);
  delay.disable();
  const hereMs = await durationOf(async () => perceptualHash(await decodeImage(grey)));
  assert.ok(delay.max / 1e6 < hereMs / 2, `${delay.max / 1e6} ms of ${hereMs} ms`);
});

const solidPng = (side: number): Promise<Buffer> =>
  sharp(Buffer.alloc(2 * side * side), { raw: { width: side, height: side, channels: 1, depth: 'ushort' } as never })
    .toColourspace('grey16')
    .png({ compressionLevel: 9 })
    .toBuffer();

async function durationOf(work: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await work();
  return performance.now() - startedMs;
}
