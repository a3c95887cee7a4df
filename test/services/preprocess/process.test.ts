import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { attr } from '#libs/telemetry';
import { until } from '../../helpers/until.js';
import { readSpanFolder } from '../../../services/cli/trace/span-files.js';
import {
  batchRequest,
  request,
  phantomFile,
  publishPhantoms,
  publishSample,
  startPipeline,
  takeBatches,
  type Pipeline,
} from './_preprocess.js';

const MAIN = new URL('../../../services/preprocess/main.js', import.meta.url).pathname;

/** A worker as a process of its own; ended with the test. */
function spawnWorker(
  { nats, onEnd }: Pipeline,
  environment: NodeJS.ProcessEnv = {},
): ChildProcess & { log: () => string } {
  const child = spawn(process.execPath, [MAIN], {
    env: { ...process.env, SULCUS_NATS_URL: nats.url, SULCUS_LOG_LEVEL: 'debug', ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  onEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  return Object.assign(child, { log: () => log });
}

describe('a preprocess process', () => {
  test('that is killed while it works costs nothing: one batch for each request, with the same pixels', async (t) => {
    const pipeline = await startPipeline(t, { maxBytes: { BATCHES: 200_000 } });
    const { bus } = pipeline;
    const samples = await publishPhantoms(bus, 8);
    const count = 12;
    for (let sequence = 0; sequence < count; sequence++)
      await request(bus, batchRequest(`r${sequence}`, samples, { sequence }));
    const victim = spawnWorker(pipeline);
    // The stream of batches holds two: the worker has stored some, and holds others that do not fit.
    await until(async () => (await bus.stats()).BATCHES.messages === 2, 'a full stream of batches');
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    await pipeline.startWorker();
    // The killed worker's requests come back when their acknowledgement wait of 10 s is over.
    const batches = await takeBatches(bus, count, 60_000);
    assert.deepEqual(
      batches.map(({ batch }) => batch.requestId).sort(),
      Array.from({ length: count }, (_, i) => `r${i}`).sort(),
    );
    for (const { pixels } of batches) assert.deepEqual(pixels, batches[0]!.pixels);
    assert.equal((await bus.stats()).BATCHES.messages, 0);
  });

  test('finishes what is under way at SIGTERM, leaves no request behind, and exits with 0', async (t) => {
    const pipeline = await startPipeline(t);
    const { bus } = pipeline;
    const samples = await publishPhantoms(bus, 2);
    const worker = spawnWorker(pipeline);
    await request(bus, batchRequest('r1', samples));
    await takeBatches(bus, 1);
    worker.kill('SIGTERM');
    const [code] = (await once(worker, 'exit')) as [number | null];
    assert.equal(code, 0, worker.log());
    assert.equal((await bus.stats()).BATCH_REQUESTS.messages, 0);
  });

  test('records a span of each batch that links the spans of its scans, and sends its own along', async (t) => {
    const pipeline = await startPipeline(t);
    const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-spans-'));
    pipeline.onEnd(() => rm(folder, { recursive: true }));
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const sample = await publishSample(pipeline.bus, await phantomFile(0), {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    });
    const worker = spawnWorker(pipeline, { SULCUS_TRACE_FILE: path.join(folder, 'preprocess.jsonl') });
    await request(pipeline.bus, batchRequest('r1', [sample]));
    const [{ traceparent }] = (await takeBatches(pipeline.bus, 1)) as [Awaited<ReturnType<typeof takeBatches>>[number]];
    worker.kill('SIGTERM');
    await once(worker, 'exit');
    const spans = await readSpanFolder(folder);
    const batch = spans.find(({ name }) => name === 'prepare batch')!;
    assert.deepEqual(batch.linkIds, [`${traceId}:b7ad6b7169203331`]);
    assert.equal(batch.attributes[attr.batchId], 'r1');
    assert.notEqual(batch.id.split(':')[0], traceId, 'a batch is a trace of its own');
    assert.equal(traceparent?.split('-')[1], batch.id.split(':')[0]);
  });

  test('names every wrong variable at once and exits with 2', async (t) => {
    const pipeline = await startPipeline(t);
    const worker = spawnWorker(pipeline, { SULCUS_CACHE_BYTES: 'much', SULCUS_PREPROCESS_CONCURRENCY: '0' });
    const [code] = (await once(worker, 'exit')) as [number | null];
    assert.equal(code, 2);
    assert.match(worker.log(), /SULCUS_PREPROCESS_CONCURRENCY/);
    assert.match(worker.log(), /SULCUS_CACHE_BYTES/);
  });
});
