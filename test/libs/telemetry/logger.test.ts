import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { Secret } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { createLogger, startTelemetry, withSpan } from '#libs/telemetry';

function capture(): { lines: Record<string, unknown>[]; write(line: string): void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
}

test('a log line inside a span carries its trace id and span id', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  process.env.SULCUS_TRACE_FILE = path.join(folder, 'spans.jsonl');
  const telemetry = await startTelemetry('test');
  delete process.env.SULCUS_TRACE_FILE;
  const output = capture();
  const log = createLogger('test', output);
  const traceId = await withSpan('work', {}, (span) => {
    log.info('inside');
    return span.traceId;
  });
  log.info('outside');
  await telemetry.shutdown();
  assert.equal(output.lines[0]?.trace_id, traceId);
  assert.match(String(output.lines[0]?.span_id), /^[0-9a-f]{16}$/);
  assert.equal(output.lines[1]?.trace_id, undefined);
});

test('a line says service, level in words and time; a secret prints as asterisks', () => {
  const output = capture();
  createLogger('ingest', output).warn({ key: new Secret('hunter2') }, 'hello');
  const [line] = output.lines;
  assert.equal(line?.service, 'ingest');
  assert.equal(line?.level, 'warn');
  assert.equal(line?.key, '***');
  assert.ok(Math.abs(Date.parse(String(line?.time)) - Date.now()) < 5000);
});

test('an error is logged with its code and details', () => {
  const output = capture();
  createLogger('ingest', output).error(
    { err: new SulcusError('STORAGE_FULL', 'no room', { details: { path: '/data' } }) },
    'failed',
  );
  const logged = output.lines[0]?.err as Record<string, unknown>;
  assert.equal(logged.code, 'STORAGE_FULL');
  assert.deepEqual(logged.details, { path: '/data' });
});

test('SULCUS_LOG_LEVEL sets the least severe level shown; a wrong one is refused at start-up', async (t) => {
  t.after(() => delete process.env.SULCUS_LOG_LEVEL);
  process.env.SULCUS_LOG_LEVEL = 'error';
  const output = capture();
  const log = createLogger('test', output);
  log.warn('hidden');
  log.error('shown');
  assert.deepEqual(
    output.lines.map((line) => line.msg),
    ['shown'],
  );
  process.env.SULCUS_LOG_LEVEL = 'loud';
  await assert.rejects(startTelemetry('test'), { code: 'INVALID_CONFIG', message: /SULCUS_LOG_LEVEL "loud"/ });
});
