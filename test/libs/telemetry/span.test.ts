import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { SulcusError } from '#libs/errors';
import { attr, currentTraceparent, startTelemetry, withSpan } from '#libs/telemetry';
import { attribute, readSpans, resourceAttribute, type RecordedSpan } from './_fixtures/read-spans.js';

const REMOTE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-spans-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs `body` with spans going to a fresh file and returns them by name. */
async function record(body: () => Promise<unknown>): Promise<{ file: string; spans: Map<string, RecordedSpan> }> {
  const file = path.join(folder, `${Math.random()}`, 'spans.jsonl');
  process.env.SULCUS_TRACE_FILE = file;
  const telemetry = await startTelemetry('ingest');
  await body();
  await telemetry.shutdown();
  delete process.env.SULCUS_TRACE_FILE;
  return { file, spans: new Map(readSpans(file).map((span) => [span.name, span])) };
}

test('nested spans become parent and child across awaits, in one trace', async () => {
  const { file, spans } = await record(() =>
    withSpan('outer', { kind: 'consumer', attributes: { [attr.sampleId]: 'abc' } }, async () => {
      await sleep(1);
      await withSpan('inner', { kind: 'producer' }, () => sleep(1));
    }),
  );
  const [outer, inner] = [spans.get('outer')!, spans.get('inner')!];
  assert.equal(inner.traceId, outer.traceId);
  assert.equal(inner.parentSpanId, outer.spanId);
  assert.deepEqual(
    [outer.kind, inner.kind],
    [5, 4],
    'SPAN_KIND_CONSUMER, SPAN_KIND_PRODUCER of opentelemetry/proto/trace/v1',
  );
  assert.equal(attribute(outer, 'sulcus.sample.id'), 'abc');
  assert.equal(resourceAttribute(file, 'service.name'), 'ingest');
});

test('concurrent spans do not become parents of each other', async () => {
  const { spans } = await record(() =>
    Promise.all([withSpan('left', {}, () => sleep(5)), withSpan('right', {}, () => sleep(5))]),
  );
  assert.notEqual(spans.get('left')!.traceId, spans.get('right')!.traceId);
});

test('a remote parent is continued, and the current traceparent names the running span', async () => {
  let current: string | undefined;
  const { spans } = await record(() =>
    withSpan('receive', { parent: REMOTE }, (span) => {
      current = currentTraceparent();
      assert.equal(span.traceparent, current);
    }),
  );
  const receive = spans.get('receive')!;
  assert.equal(receive.parentSpanId, '00f067aa0ba902b7');
  assert.equal(current, `00-4bf92f3577b34da6a3ce929d0e0e4736-${receive.spanId}-01`);
  assert.equal(currentTraceparent(), undefined);
});

test('a root span starts a new trace inside another', async () => {
  const { spans } = await record(() => withSpan('outer', {}, () => withSpan('batch', { root: true }, () => undefined)));
  assert.notEqual(spans.get('batch')!.traceId, spans.get('outer')!.traceId);
  assert.equal(spans.get('batch')!.parentSpanId, undefined);
});

test('all 300 links of a batch are kept, given before and added later; invalid ones are dropped', async () => {
  const traceparent = (index: number): string => `00-${(index + 1).toString(16).padStart(32, '0')}-00f067aa0ba902b7-01`;
  const links = Array.from({ length: 300 }, (_, index) => ({ traceparent: traceparent(index) }));
  const { spans } = await record(() =>
    withSpan('prepare batch', { root: true, links: [...links, { traceparent: 'broken' }] }, (span) =>
      span.addLink({ traceparent: traceparent(300) }),
    ),
  );
  const linked = spans.get('prepare batch')!.links!;
  assert.equal(linked.length, 301);
  assert.equal(linked[300]!.traceId, (301).toString(16).padStart(32, '0'));
});

test('an error is passed on, and recorded with its stable code', async () => {
  const { spans } = await record(() =>
    assert.rejects(
      withSpan('decode', {}, () => {
        throw new SulcusError('IMAGE_TRUNCATED', 'ends too early');
      }),
      { code: 'IMAGE_TRUNCATED' },
    ),
  );
  const decode = spans.get('decode')!;
  assert.deepEqual(decode.status, { code: 2, message: 'IMAGE_TRUNCATED' });
  assert.equal(attribute(decode, 'error.type'), 'IMAGE_TRUNCATED');
  assert.equal(decode.events?.[0]?.name, 'exception');
});

test('a cancellation is recorded but is no error', async () => {
  const { spans } = await record(() =>
    assert.rejects(withSpan('wait', {}, () => sleep(1000, undefined, { signal: AbortSignal.abort() }))),
  );
  assert.equal(spans.get('wait')!.status.code, 0);
  assert.equal(attribute(spans.get('wait'), 'error.type'), 'CANCELLED');
});

test('while tracing is off a span costs next to nothing and passes a remote parent through', async () => {
  const seen = await withSpan('off', { parent: REMOTE }, (span) => span.traceparent);
  assert.equal(seen, REMOTE);
  assert.equal(await withSpan('off', {}, (span) => span.traceparent), '');
  assert.equal(currentTraceparent(), undefined);
  const start = performance.now();
  for (let round = 0; round < 10_000; round++) await withSpan('off', {}, () => undefined);
  assert.ok(performance.now() - start < 1000, '10,000 spans in less than a second');
});
