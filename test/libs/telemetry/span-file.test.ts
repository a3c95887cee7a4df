import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { until } from '../../helpers/until.js';
import { SpanFile, spanFilePath } from '../../../libs/telemetry/span-file.js';
import { readSpans, resourceAttribute } from './_fixtures/read-spans.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-span-file-'));
after(() => rmSync(folder, { recursive: true }));

function startFixture(environment: NodeJS.ProcessEnv, ...args: string[]) {
  const child = spawn(
    process.execPath,
    [...process.execArgv, path.join(import.meta.dirname, '_fixtures/spans.js'), ...args],
    {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let last = -1;
  child.stdout.on('data', (data: Buffer) => (last = Number(data.toString().trim().split('\n').at(-1))));
  return { child, last: () => last };
}

test('%p and %s in the path become process id and service', () => {
  assert.equal(spanFilePath('/traces/%s-%p-100%%.jsonl', 'trainer'), `/traces/trainer-${process.pid}-100%.jsonl`);
});

test('kill -9 loses at most the spans of the last second', async () => {
  const file = path.join(folder, 'killed.jsonl');
  const { child, last } = startFixture({ SULCUS_TRACE_FILE: file });
  await until(() => last() >= 40, 'spans in the file');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lost = last() + 1 - readSpans(file).length;
  assert.ok(lost <= 20, `${lost} of ${last() + 1} spans, one every 50 ms, are missing`);
});

test('an early process.exit() still writes every ended span', async () => {
  const file = path.join(folder, 'exited.jsonl');
  const { child } = startFixture({ SULCUS_TRACE_FILE: file }, '3');
  await once(child, 'exit');
  assert.equal(readSpans(file).length, 3);
});

test('a file past its limit is moved aside, so that spans fill no disk', async () => {
  const file = path.join(folder, 'rotated.jsonl');
  const spanFile = new SpanFile(file, { maxFileBytes: 2000 });
  const tracer = new TracerProvider().getTracer('test');
  for (let index = 0; index < 10; index++) {
    const span = tracer.startSpan(`span ${index}`);
    span.end();
    spanFile.add(span);
    await spanFile.flush();
  }
  await spanFile.close();
  assert.ok(existsSync(`${file}.1`));
  assert.equal(readSpans(file).at(-1)?.name, 'span 9');
});

test('OTEL_EXPORTER_OTLP_ENDPOINT sends the spans there, and the file is written too', async (t) => {
  const received: string[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(`${request.url} ${Buffer.concat(chunks).toString()}`);
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  t.after(() => collector.close());
  await once(collector, 'listening');
  const file = path.join(folder, 'both.jsonl');
  const { child } = startFixture(
    {
      SULCUS_TRACE_FILE: file,
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    },
    '2',
    'shutdown',
    'nats://operator:hunter2@127.0.0.1',
    '/data/Doe^Jane',
  );
  const [code] = (await once(child, 'exit')) as [number];
  assert.equal(code, 0);
  assert.match(received.join('\n'), /^\/v1\/traces .*"tick"/);
  assert.doesNotMatch(received.join('\n'), /hunter2|Doe/, "the words of the command are nobody else's");
  assert.equal(readSpans(file).length, 2);
  assert.equal(resourceAttribute(file, 'service.name'), 'fixture');
});
