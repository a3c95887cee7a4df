import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { ArchiveIndex } from '#libs/archive';
import { codecs } from '#libs/contracts';
import { compileTransform, decodeImage } from '#libs/imaging';
import { createRandom } from '#libs/random';
import {
  batchRequest,
  request,
  phantomFile,
  publishPhantoms,
  publishSample,
  readAll,
  spec,
  startPipeline,
  takeBatches,
} from './_preprocess.js';

const bytesPerSample = spec.outputHeight * spec.outputWidth * spec.channels;

describe('a batch request', () => {
  test('comes back as the augmented pixels of its samples, in its order', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const samples = (await publishPhantoms(bus, 3)).reverse().map((sample, classIndex) => ({ ...sample, classIndex }));
    await startWorker();
    await request(bus, batchRequest('r1', samples, { epoch: 2, sequence: 5 }));
    const [{ batch, pixels }] = (await takeBatches(bus, 1)) as [Awaited<ReturnType<typeof takeBatches>>[number]];
    assert.deepEqual(
      [batch.run, batch.requestId, batch.epoch, batch.sequence, batch.split],
      ['main', 'r1', 2, 5, 'SPLIT_TRAIN'],
    );
    assert.deepEqual(
      [batch.height, batch.width, batch.channels, batch.transformHash],
      [96, 96, 1, batchRequest('', []).transformHash],
    );
    assert.deepEqual(batch.samples, samples);
    assert.deepEqual(batch.dropped, []);
    const transform = compileTransform(spec, 'train');
    for (const [index, sample] of samples.entries()) {
      const expected = transform(
        await decodeImage(await phantomFile(2 - index)),
        createRandom(7, 'augment', 2, sample.sampleId),
      );
      assert.deepEqual(
        Uint8Array.from(pixels.subarray(index * bytesPerSample, (index + 1) * bytesPerSample)),
        expected,
      );
    }
  });

  test('without augmentation gives the eval transform, whatever epoch and seed', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const [sample] = await publishPhantoms(bus, 1);
    await startWorker();
    await request(bus, batchRequest('r1', [sample!], { augment: false, split: 'SPLIT_VALIDATION' }));
    await request(
      bus,
      batchRequest('r2', [sample!], { augment: false, split: 'SPLIT_VALIDATION', epoch: 3, seed: 99 }),
    );
    const [first, second] = await takeBatches(bus, 2);
    assert.deepEqual(
      Uint8Array.from(first!.pixels),
      compileTransform(spec, 'eval')(await decodeImage(await phantomFile(0))),
    );
    assert.deepEqual(first!.pixels, second!.pixels);
  });

  test('gives identical pixels by any worker, from the cache or not, and other pixels in another epoch', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const samples = await publishPhantoms(bus, 4);
    const first = await startWorker();
    await request(bus, batchRequest('r1', samples));
    await request(bus, batchRequest('r2', samples));
    const cold = await takeBatches(bus, 2);
    await first.stop();
    await startWorker({ cacheBytes: 0 }, 'second');
    await request(bus, batchRequest('r3', samples));
    await request(bus, batchRequest('r4', samples, { epoch: 1 }));
    const later = await takeBatches(bus, 2);
    const byId = new Map([...cold, ...later].map(({ batch, pixels }) => [batch.requestId, pixels]));
    assert.deepEqual(byId.get('r2'), byId.get('r1'));
    assert.deepEqual(byId.get('r3'), byId.get('r1'));
    assert.notDeepEqual(byId.get('r4'), byId.get('r1'));
  });

  test('whose pixels do not fit a message is answered by blob, owned by the batch', async (t) => {
    const { bus, startWorker } = await startPipeline(t, {}, { maxPayload: '1MB' });
    const [sample] = await publishPhantoms(bus, 1);
    await startWorker();
    const count = Math.ceil(1_100_000 / bytesPerSample);
    await request(
      bus,
      batchRequest(
        'large',
        Array.from({ length: count }, () => sample!),
      ),
    );
    const [{ batch, pixels }] = (await takeBatches(bus, 1)) as [Awaited<ReturnType<typeof takeBatches>>[number]];
    assert.equal(batch.pixels?.content, 'blob');
    assert.equal(pixels.length, count * bytesPerSample);
    assert.deepEqual(pixels.subarray(0, bytesPerSample), pixels.subarray(-bytesPerSample));
  });

  test('that is sent twice gives one batch', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const samples = await publishPhantoms(bus, 1);
    await request(bus, batchRequest('same', samples));
    await request(bus, batchRequest('same', samples));
    await request(bus, batchRequest('last', samples));
    const worker = await startWorker();
    await takeBatches(bus, 2);
    await worker.stop();
    assert.equal((await bus.stats()).BATCHES.messages, 0);
  });

  test('whose transform does not match its hash becomes a dead letter', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const samples = await publishPhantoms(bus, 1);
    await startWorker();
    await request(bus, batchRequest('bad', samples, { transformHash: 'f'.repeat(64) }));
    await request(bus, batchRequest('good', samples));
    assert.equal((await takeBatches(bus, 1))[0]!.batch.requestId, 'good');
    const [deadLetter] = await readAll(bus, 'DEAD', codecs.DeadLetter);
    assert.equal(deadLetter?.code, 'HASH_MISMATCH');
    assert.equal(codecs.BatchRequest.decode(deadLetter.original!.inline as Buffer).requestId, 'bad');
  });
});

describe('samples beyond help', () => {
  test('are not those that are archived: dropped without a dead letter, found again when they return', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const gone = await publishSample(bus, await phantomFile(0));
    await new ArchiveIndex(bus).add(gone.sampleId, { site: 'local', studyId: '' });
    await bus.deleteMessage('SCANS', gone.scanSequence);
    await bus.deleteMessage('SCANS', gone.scanSequence);
    await startWorker();
    await request(bus, batchRequest('r1', [gone]));
    const [{ batch }] = (await takeBatches(bus, 1)) as [Awaited<ReturnType<typeof takeBatches>>[number]];
    assert.deepEqual(
      batch.dropped.map(({ code }) => code),
      ['NOT_FOUND'],
    );
    assert.equal((await bus.stats()).DEAD.messages, 0);
    const back = await publishSample(bus, await phantomFile(0));
    assert.notEqual(back.scanSequence, gone.scanSequence);
    await request(bus, batchRequest('r2', [gone]));
    const [again] = await takeBatches(bus, 1);
    assert.deepEqual(
      again!.batch.samples.map(({ sampleId }) => sampleId),
      [gone.sampleId],
    );
  });

  test('are dropped from the batch and kept as dead letters, each once; the others go out', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const good = await publishSample(bus, await phantomFile(0));
    const broken = await publishSample(bus, (await phantomFile(1)).subarray(0, 300));
    const text = await publishSample(bus, Buffer.from('no image at all'));
    const missing = { scanSequence: 4711, sampleId: 'a'.repeat(64), classIndex: 1 };
    const other = { ...good, sampleId: 'b'.repeat(64) };
    await startWorker();
    await request(bus, batchRequest('r1', [broken, good, text, missing, other]));
    await request(bus, batchRequest('r2', [text], { epoch: 1 }));
    const batches = await takeBatches(bus, 2);
    const { batch, pixels } = batches.find(({ batch: { requestId } }) => requestId === 'r1')!;
    assert.deepEqual(batch.samples, [good]);
    assert.equal(pixels.length, bytesPerSample);
    assert.deepEqual(
      batch.dropped.map(({ sampleId, code }) => [sampleId, code]),
      [
        [broken.sampleId, 'IMAGE_TRUNCATED'],
        [text.sampleId, 'IMAGE_UNDECODABLE'],
        [missing.sampleId, 'NOT_FOUND'],
        [other.sampleId, 'HASH_MISMATCH'],
      ],
    );
    const empty = batches.find(({ batch: { requestId } }) => requestId === 'r2')!;
    assert.deepEqual([empty.batch.samples, empty.pixels.length, empty.batch.dropped.length], [[], 0, 1]);

    const deadLetters = await readAll(bus, 'DEAD', codecs.DeadLetter);
    assert.deepEqual(deadLetters.map(({ code }) => code).sort(), [
      'HASH_MISMATCH',
      'IMAGE_TRUNCATED',
      'IMAGE_UNDECODABLE',
      'NOT_FOUND',
    ]);
    const kept = deadLetters.find(({ code }) => code === 'IMAGE_UNDECODABLE')!;
    assert.deepEqual([kept.service, kept.source, kept.site], ['preprocess', `SCANS/${text.scanSequence}`, 'local']);
    assert.equal(codecs.Scan.decode(kept.original!.inline as Buffer).sampleId, text.sampleId);
  });

  test('a scan whose image went by blob is prepared like any other', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const image = await phantomFile(0);
    const blob = await bus.putBlob(image);
    const sampleId = 'c'.repeat(64);
    const { sequence } = await bus.publish(`scan.v1.local.${sampleId}`, codecs.Scan, {
      sampleId,
      site: 'local',
      split: 'SPLIT_TRAIN',
      image: { blob },
    });
    await startWorker();
    await request(bus, batchRequest('r1', [{ scanSequence: sequence, sampleId, classIndex: 0 }]));
    const [{ batch }] = (await takeBatches(bus, 1)) as [Awaited<ReturnType<typeof takeBatches>>[number]];
    assert.equal(batch.samples.length, 1);
  });
});

describe('workers', () => {
  test('share the requests, and report what they did', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const samples = await publishPhantoms(bus, 4);
    const workers = [await startWorker({}, 'one'), await startWorker({}, 'two')];
    for (let sequence = 0; sequence < 24; sequence++)
      await request(bus, batchRequest(`r${sequence}`, samples, { sequence }));
    const batches = await takeBatches(bus, 24);
    assert.equal(new Set(batches.map(({ batch }) => batch.sequence)).size, 24);
    await Promise.all(workers.map((worker) => worker.stop()));
    const events = await readAll(bus, 'EVENTS', codecs.PipelineEvent);
    const last = (instance: string) =>
      events.findLast((event) => event.instance === instance && event.preprocess)?.preprocess;
    const [one, two] = [last('one'), last('two')];
    assert.equal(one!.batches + two!.batches, 24);
    assert.equal(one!.samples + two!.samples, 96);
    assert.ok(one!.batches > 0 && two!.batches > 0, `${one!.batches} and ${two!.batches}`);
    assert.equal(one!.decoded, 4, 'each image is decoded once per worker');
    assert.ok(one!.cacheBytes > 0);
    assert.deepEqual(
      events
        .filter((event) => event.state)
        .map(({ state }) => state!.state)
        .sort(),
      ['ready', 'ready', 'stopping', 'stopping'],
    );
  });

  test('wait while the stream of batches is full, and lose nothing', async (t) => {
    // Each batch is 74 kB: one fits, the second has to wait for the trainer.
    const { bus, startWorker } = await startPipeline(t, { maxBytes: { BATCHES: 100_000 } });
    const samples = await publishPhantoms(bus, 8);
    const worker = await startWorker();
    for (let sequence = 0; sequence < 4; sequence++)
      await request(bus, batchRequest(`r${sequence}`, samples, { sequence }));
    const stored = async (): Promise<number> => (await bus.stats()).BATCHES.messages;
    for (const startedMs = performance.now(); (await stored()) < 1 && performance.now() - startedMs < 20_000; )
      await delay(50);
    await delay(1000);
    assert.equal(await stored(), 1);
    const batches = await takeBatches(bus, 4);
    assert.deepEqual(batches.map(({ batch }) => batch.sequence).sort(), [0, 1, 2, 3]);
    await worker.stop();
    // The broker removes an acknowledged request in its own time.
    const waiting = async (): Promise<number> => (await bus.stats()).BATCH_REQUESTS.messages;
    for (const startedMs = performance.now(); (await waiting()) > 0 && performance.now() - startedMs < 10_000; )
      await delay(50);
    assert.equal(await waiting(), 0);
  });

  test('keep their cache within its bytes, the least recently used image first out', async (t) => {
    const { bus, startWorker } = await startPipeline(t);
    const samples = await publishPhantoms(bus, 3);
    // A phantom of 64 x 64 is not enlarged before the random part of the default transform; two fit.
    const worker = await startWorker({ cacheBytes: 2 * (64 * 64 + 512) });
    for (const [index, sample] of [0, 1, 0, 2, 0, 1].entries()) {
      await request(bus, batchRequest(`r${index}`, [samples[sample]!]));
      await takeBatches(bus, 1);
    }
    await worker.stop();
    const events = await readAll(bus, 'EVENTS', codecs.PipelineEvent);
    const { decoded, cacheBytes } = events.findLast((event) => event.preprocess)!.preprocess!;
    assert.equal(decoded, 4, '0, 1, 2 and 1 again');
    assert.equal(cacheBytes, 2 * (64 * 64 + 512));
  });
});
