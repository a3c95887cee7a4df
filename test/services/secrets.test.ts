import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:http2';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { test } from 'node:test';
import { createClient } from '#libs/rpc';
import { noiseImage } from '../helpers/images.js';
import { freePort, startNats } from '../helpers/nats.js';
import { until } from '../helpers/until.js';
import { atEnd, temporaryFolder } from './ingest/_ingest.js';

const CLI = path.resolve(import.meta.dirname, '../../services/cli/main.js');

/** Tells a secret by the door that it came in by. */
const planted = (door: string): string => `hunter2-${door}-planted`;

test('no secret of a configuration or a caller is in logs, process arguments, traces or the broker', async (t) => {
  const users = `authorization { user: "operator", password: "${planted('broker')}" }`;
  const nats = await startNats(undefined, { further: users });
  atEnd(t, () => nats.stop());
  const told: string[] = [];
  const collector = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => told.push(chunk.toString('latin1')));
    request.on('end', () => response.setHeader('content-type', 'application/json').end('{}'));
  }).listen(0, '127.0.0.1');
  atEnd(t, () => collector.close());
  await once(collector, 'listening');

  const folder = await temporaryFolder(t);
  const port = await freePort();
  const httpPort = await freePort();
  const splitKey = path.join(folder, 'split.key');
  await writeFile(splitKey, planted('split'));
  const environment = {
    ...process.env,
    SULCUS_LOG_LEVEL: 'trace',
    SULCUS_NATS_URL: nats.url.replace('//', `//operator:${planted('broker')}@`),
    SULCUS_SITE: 'site-a',
    SULCUS_INGEST_ADDRESS: `127.0.0.1:${port}`,
    SULCUS_HTTP_ADDRESS: `127.0.0.1:${httpPort}`,
    SULCUS_DATA_DIR: path.join(folder, 'data'),
    SULCUS_PSEUDONYM_KEY: planted('pseudonym'),
    SULCUS_SPLIT_KEY_FILE: splitKey,
    SULCUS_ARCHIVE: 's3://bucket/prefix',
    SULCUS_ARCHIVE_ENDPOINT: `http://key:${planted('endpoint')}@127.0.0.1:1`,
    AWS_ACCESS_KEY_ID: 'access',
    AWS_SECRET_ACCESS_KEY: planted('aws'),
    OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(collector.address() as AddressInfo).port}`,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${planted('otlp')}`,
    SULCUS_TRACE_FILE: path.join(folder, 'traces', '%s-%p.jsonl'),
  };
  const run = (words: readonly string[]) => {
    const child = spawn(process.execPath, [CLI, ...words], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => told.push(text.toString('latin1')));
    atEnd(t, () => void child.kill('SIGKILL'));
    return child;
  };
  const ingest = run(['ingest']);
  const archiver = run(['archiver']);
  const client = createClient('Ingest', `127.0.0.1:${port}`);
  atEnd(t, () => client.close());
  await until(() => told.join('').includes('bucket bucket') || archiver.exitCode !== null, 'archiver', 60_000);
  await until(
    () =>
      client.uploadImages([]).then(
        () => true,
        () => false,
      ),
    'ingest',
    60_000,
  );
  assert.equal((await client.uploadImages([{ image: await noiseImage(1) }])).ingested, 1);
  await client.uploadImages([{ image: Buffer.from('no image') }]).catch(() => undefined);
  // Strangers, with what they hold for secrets.
  const authorization = `Bearer ${planted('caller')}`;
  const stow = await fetch(`http://127.0.0.1:${httpPort}/studies`, {
    method: 'POST',
    headers: { authorization, 'content-type': `multipart/related; boundary=${planted('boundary')}` },
    body: 'x',
  });
  told.push(await stow.text());
  const session = connect(`http://127.0.0.1:${port}`);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/sulcus.v1.Ingest/None',
    authorization,
    te: 'trailers',
  });
  stream.on('response', (headers) => told.push(JSON.stringify(headers)));
  stream.resume().end();
  await once(stream, 'close');
  session.destroy();

  for (const { pid } of [ingest, archiver]) told.push(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  for (const child of [ingest, archiver]) {
    child.kill('SIGTERM');
    await once(child, 'close');
  }
  await nats.kill('SIGTERM');
  const files = [
    ...filesIn(nats.storeFolder),
    ...filesIn(path.join(folder, 'traces')),
    ...filesIn(environment.SULCUS_DATA_DIR),
  ];
  told.push(...files.map((file) => readFileSync(file, 'latin1')));
  const all = told.join('\n');
  assert.match(all, /bucket bucket, prefix\/ at http:\/\/127\.0\.0\.1:1/);
  assert.match(all, /resourceSpans/);
  const secrets = ['broker', 'pseudonym', 'split', 'endpoint', 'aws', 'otlp', 'caller'].filter((door) =>
    all.includes(planted(door)),
  );
  assert.deepEqual(secrets, []);
});

const filesIn = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
