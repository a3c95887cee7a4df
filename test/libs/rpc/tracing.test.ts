import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { currentTraceparent, startTelemetry, withSpan } from '#libs/telemetry';
import { collect, startEcho } from './_echo.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-rpc-'));
const traceFile = path.join(folder, 'spans.jsonl');
let telemetry: { shutdown(): Promise<void> };

before(async () => {
  process.env.SULCUS_TRACE_FILE = traceFile;
  telemetry = await startTelemetry('rpc-test');
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Span {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  kind: number;
  attributes: { key: string; value: { stringValue?: string } }[];
}

async function exportedSpans(): Promise<Span[]> {
  await telemetry.shutdown();
  const lines = readFileSync(traceFile, 'utf8').trim().split('\n');
  return lines.flatMap((line) =>
    (JSON.parse(line) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }).resourceSpans.flatMap(
      ({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans),
    ),
  );
}

test('a call continues the trace of its caller, and what the handler does is below the call', async (t) => {
  const handlerTraceparents: (string | undefined)[] = [];
  const { client } = await startEcho(t, {
    unary: (request) => withSpan('work', {}, () => ((handlerTraceparents[0] = currentTraceparent()), request)),
    bidi: async function* (requests) {
      for await (const request of requests) {
        handlerTraceparents[1] = currentTraceparent();
        yield request;
      }
    },
  });
  let callerTraceId = '';
  await withSpan('caller', { root: true }, async (span) => {
    callerTraceId = span.traceId;
    await client.unary({});
    await collect(client.bidi([{}]));
  });
  await client.unary({}, { metadata: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });

  const spans = await exportedSpans();
  const named = (name: string, kind?: number) =>
    spans.filter(
      (span) => span.name === name && span.traceId === callerTraceId && (kind === undefined || span.kind === kind),
    );
  const [server] = named('sulcus.test.Echo/Unary', 2 /* SERVER */);
  const [call] = named('sulcus.test.Echo/Unary', 3 /* CLIENT */);
  assert.equal(call?.parentSpanId, named('caller')[0]?.spanId);
  assert.equal(server?.parentSpanId, call?.spanId);
  assert.equal(named('work')[0]?.parentSpanId, server?.spanId);
  assert.equal(handlerTraceparents[0]?.slice(3, 35), 'a'.repeat(32), 'metadata given by the caller wins');
  assert.equal(handlerTraceparents[1]?.slice(3, 35), callerTraceId);
  assert.ok(
    server?.attributes.some(({ key, value }) => key === 'rpc.method' && value.stringValue === 'sulcus.test.Echo/Unary'),
  );
});
