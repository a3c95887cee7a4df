import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { readSpanFolder, buildTimeline } from '../../../../services/cli/trace/index.js';

const IMAGE = '5a'.repeat(32);
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-trace-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs a process of its own that records one span, and returns the traceparent it sends along. */
function emit(
  service: string,
  span: { name: string; attributes?: Record<string, string | number>; links?: string[]; child?: string },
): string {
  return execFileSync(
    process.execPath,
    [
      ...process.execArgv,
      path.join(import.meta.dirname, '_fixtures/emit-span.js'),
      service,
      JSON.stringify({ attributes: {}, ...span }),
    ],
    {
      env: { ...process.env, SULCUS_TRACE_FILE: path.join(folder, '%s-%p.jsonl') },
      encoding: 'utf8',
    },
  );
}

test('spans that several processes recorded make one timeline', async () => {
  const scan = emit('ingest', { name: 'ingest image', attributes: { 'sulcus.sample.id': IMAGE }, child: 'send scan' });
  const batch = emit('preprocess', { name: 'prepare batch', links: [scan], attributes: { 'sulcus.epoch': 0 } });
  const step = emit('trainer', { name: 'train step', links: [batch] });
  const model = emit('trainer', {
    name: 'publish model',
    links: [step],
    attributes: { 'sulcus.model.version': 'main-000001' },
  });
  emit('predictor', { name: 'predict image', links: [model], attributes: { 'sulcus.model.version': 'main-000001' } });
  const { entries } = buildTimeline(await readSpanFolder(folder), '5a5a');
  assert.deepEqual(
    entries.map(({ service, name }) => `${service}: ${name}`),
    [
      'ingest: ingest image',
      'ingest: send scan',
      'preprocess: prepare batch',
      'trainer: train step',
      'trainer: publish model',
      'predictor: predict image',
    ],
  );
  assert.equal(entries[2]!.first.attributes['sulcus.epoch'], 0);
  assert.ok(Math.abs(entries[0]!.first.startUnixMs - Date.now()) < 60_000);
});

test('a line that a killed process left unfinished is skipped', async () => {
  const before = await readSpanFolder(folder);
  appendFileSync(path.join(folder, readdirSync(folder)[0]!), '{"resourceSpans":[{"sco');
  assert.equal((await readSpanFolder(folder)).length, before.length);
});

test('a folder that does not exist is refused with what to do', async () => {
  await assert.rejects(readSpanFolder(path.join(folder, 'nowhere')), { code: 'FILE_UNREADABLE', message: /--dir/ });
});
