import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { noiseImage } from '../../helpers/images.js';
import { startHarness, temporaryFolder, TEST_KEY } from './_ingest.js';

const ROOT = path.resolve(import.meta.dirname, '../../..');

function run(words: string[], environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['--conditions=source', '--import', 'tsx', 'services/cli/main.ts', ...words], {
    cwd: ROOT,
    env: { ...process.env, SULCUS_LOG_LEVEL: 'silent', SULCUS_PSEUDONYM_KEY: TEST_KEY, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, output })));
}

test('sulcus import says what became of the images and exits 0', async (t) => {
  const { nats } = await startHarness(t);
  const folder = await temporaryFolder(t);
  for (const [index, label] of ['axial', 'coronal'].entries()) {
    await mkdir(path.join(folder, label));
    for (let image = 0; image < 10; image++)
      await writeFile(path.join(folder, label, `${image}.jpg`), await noiseImage(10 * index + image));
  }
  await writeFile(path.join(folder, 'axial', 'bad.jpg'), 'no image');
  const { code, output } = await run(['import', folder], { SULCUS_NATS_URL: nats.url });
  assert.match(output, /rejected axial\/bad\.jpg: IMAGE_UNDECODABLE: /);
  assert.match(output, /import: 21 images offered · 20 ingested .* · 1 rejected · rejected images/);
  assert.match(output, /\(\d+ train, \d+ validation, \d+ gate, \d+ test\)/);
  assert.equal(code, 0);
});

test('wrong use and wrong environment exit 2 with every mistake', async () => {
  assert.deepEqual(await run(['import'], {}).then(({ code, output }) => [code, /<path> is missing/.test(output)]), [
    2,
    true,
  ]);
  const wrong = await run(['ingest'], { SULCUS_SITE: 'A B', SULCUS_MAX_PIXELS: 'x' });
  assert.equal(wrong.code, 2);
  assert.match(wrong.output, /SULCUS_SITE "A B"[^]*SULCUS_MAX_PIXELS "x"/);
});

test('--help lists every variable', async () => {
  const { code, output } = await run(['ingest', '--help'], {});
  assert.equal(code, 0);
  for (const name of [
    'SULCUS_NATS_URL',
    'SULCUS_INGEST_ADDRESS',
    'SULCUS_WATCH_DIR',
    'SULCUS_SPLIT_KEY',
    'SULCUS_PSEUDONYM_KEY',
    'SULCUS_SPLIT_SHARES',
  ])
    assert.match(output, new RegExp(name));
});
