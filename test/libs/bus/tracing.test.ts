import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connectBus, subjects, type Bus } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { startTelemetry, withSpan, type Telemetry } from '#libs/telemetry';
import { startNats, type TestNats } from '../../helpers/nats.js';

let nats: TestNats;
let bus: Bus;
let telemetry: Telemetry;
let folder: string;
before(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sulcus-trace-'));
  process.env.SULCUS_TRACE_FILE = path.join(folder, 'spans.jsonl');
  telemetry = await startTelemetry('bus-test');
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
});
after(async () => {
  await bus.drain();
  await nats.stop();
  await telemetry.shutdown();
  await rm(folder, { recursive: true });
});

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const parent = `00-${TRACE}-b7ad6b7169203331-01`;

test('the trace of whoever publishes travels with the message to every kind of reader', async () => {
  const { sequence } = await withSpan('ingest image', { parent }, () =>
    bus.publish(subjects.label('trace'), codecs.LabelEvent, { label: 'x' }),
  );
  assert.match(
    (await bus.get('LABELS', sequence, codecs.LabelEvent))?.traceparent ?? '',
    new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`),
  );

  for await (const { traceparent } of bus.follow({
    stream: 'LABELS',
    headersOnly: true,
    signal: AbortSignal.timeout(5000),
  })) {
    assert.ok(traceparent?.includes(TRACE));
    break;
  }
  const stop = new AbortController();
  await bus.consume({
    stream: 'LABELS',
    durable: 'trace',
    codec: codecs.LabelEvent,
    maxInFlight: 1,
    signal: stop.signal,
    onMessage: async ({ traceparent }) => {
      assert.ok(traceparent?.includes(TRACE));
      stop.abort();
    },
  });
});

test('without a trace the message carries none', async () => {
  const { sequence } = await bus.publish(subjects.event('test'), codecs.PipelineEvent, { service: 'test' });
  assert.equal((await bus.get('EVENTS', sequence, codecs.PipelineEvent))?.traceparent, undefined);
});
