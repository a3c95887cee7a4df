import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import sharp from 'sharp';
import { noiseImage } from '../../helpers/images.js';
import { readLabels, startHarness, startService, temporaryFolder, TEST_KEY } from './_ingest.js';
import { sliceBytes } from './dicom/_objects.js';
import { root } from '../../../scripts/setup/paths.mjs';

function run(words: string[], environment: Record<string, string>): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, ['dist/services/cli/main.js', ...words], {
    cwd: root,
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

test('sulcus annotate labels samples by identity or file, and studies, and lists what it cannot read', async (t) => {
  const harness = await startHarness(t);
  const { client, service } = await startService(t, harness);
  const { address } = service;
  const folder = await temporaryFolder(t);
  const images = await Promise.all([1, 2, 3].map((seed) => noiseImage(seed)));
  for (const [index, image] of images.entries()) {
    await client.uploadImages(
      (async function* () {
        yield { name: `${index}.jpg`, image, studyId: index === 2 ? 'examination 7' : '' };
      })(),
    );
    await writeFile(path.join(folder, `${index}.jpg`), image);
  }
  const ids = images.map((image) => createHash('sha256').update(image).digest('hex'));
  const annotate = (...words: string[]) => run(['annotate', ...words, '--address', address], {});

  const byName = await annotate(ids[0]!, path.join(folder, '1.jpg'), '--label', 'axial', '--source', 'radiologist');
  assert.deepEqual([byName.code, byName.output], [0, '2 labels stored\n']);
  const csv = path.join(folder, 'labels.csv');
  await writeFile(csv, `sample,study,label\n${ids[0]},,coronal\n,examination 7,sagittal\n`);
  assert.deepEqual(await annotate('--csv', csv), { code: 0, output: '2 labels stored\n' });

  const labels = (await readLabels(harness.bus)).map(({ message }) => [
    message.sampleId,
    message.label,
    message.labelSource,
  ]);
  assert.deepEqual(labels.slice(0, 3), [
    [ids[0], 'axial', 'radiologist'],
    [ids[1], 'axial', 'radiologist'],
    [ids[0], 'coronal', 'unknown'],
  ]);
  assert.equal(labels[3]![1], 'sagittal');

  await writeFile(csv, `File Name,class,patient,study\n0.jpg,sagittal,p1,examination 1\n1.jpg,coronal,p2,\n`);
  assert.deepEqual(await annotate('--csv', csv), { code: 0, output: '2 labels stored\n' });
  await writeFile(csv, `sample,label\n${ids[0]},axial\n${path.join(folder, '1.jpg')},axial\n`);
  assert.deepEqual(await annotate('--csv', csv), { code: 0, output: '2 labels stored\n' });
  const byPath = (await readLabels(harness.bus)).slice(4).map(({ message }) => [message.sampleId, message.label]);
  assert.deepEqual(byPath, [
    [ids[0], 'sagittal'],
    [ids[1], 'coronal'],
    [ids[0], 'axial'],
    [ids[1], 'axial'],
  ]);

  await writeFile(csv, `sample,label\nabc,axial\n${ids[0]},\n`);
  const bad = await annotate('--csv', csv);
  assert.equal(bad.code, 1, bad.output);
  assert.match(bad.output, /line 2: "abc" is neither a sample[^]*line 3: the label is empty/);
  const unknown = await annotate('0'.repeat(64), '--label', 'axial');
  assert.equal(unknown.code, 1);
  assert.match(unknown.output, /Not known at site site-a: sample 0{64}.*nothing of this request was stored/);
  assert.equal((await annotate()).code, 2);

  await writeFile(csv, `sample,label\n${ids[0]},axial\n${path.join(folder, '0.jpg')},coronal\n`);
  const contradiction = await annotate('--csv', csv);
  assert.equal(contradiction.code, 1, contradiction.output);
  assert.match(contradiction.output, /line 3: "coronal", and in line 2 "axial" \(sample [0-9a-f]{64}\)/);
  assert.equal((await annotate('--csv', csv, '--label', 'axial')).code, 2);
});

test('sulcus annotate finds the sample of a file with metadata, and that of a DICOM file', async (t) => {
  const harness = await startHarness(t);
  const { client, service } = await startService(t, harness);
  const folder = await temporaryFolder(t);
  const exif = await sharp(await noiseImage(1))
    .withExif({ IFD0: { Artist: 'somebody' } })
    .jpeg()
    .toBuffer();
  await writeFile(path.join(folder, 'exif.jpg'), exif);
  const dicom = sliceBytes();
  await writeFile(path.join(folder, 'scan.dcm'), dicom);
  for (const [name, image] of [
    ['exif.jpg', exif],
    ['scan.dcm', dicom],
  ] as const)
    await client.uploadImages(
      (async function* () {
        yield { name, image };
      })(),
    );
  const words = ['annotate', path.join(folder, 'exif.jpg'), path.join(folder, 'scan.dcm'), '--label', 'axial'];
  const { code, output } = await run([...words, '--address', service.address], { SULCUS_SITE: 'site-a' });
  assert.deepEqual([code, output], [0, '2 labels stored\n']);
});

test('sulcus import fails when no image went in, or more were rejected than may be', async (t) => {
  const { nats } = await startHarness(t);
  const folder = await temporaryFolder(t);
  for (const label of ['axial', 'coronal']) {
    await mkdir(path.join(folder, label));
    await writeFile(path.join(folder, label, 'good.jpg'), await noiseImage(label.length));
    await writeFile(path.join(folder, label, 'bad.jpg'), 'no image');
  }
  await writeFile(path.join(folder, 'manifest.csv'), 'path,label\nimg\\1.png,a\nimg\\2.png,b\n');
  const environment = { SULCUS_NATS_URL: nats.url };
  const nothing = await run(['import', path.join(folder, 'manifest.csv')], environment);
  assert.deepEqual([nothing.code, /import: no image went in/.test(nothing.output)], [1, true], nothing.output);
  const tooMany = await run(['import', folder, '--max-rejected', '0.4'], environment);
  assert.deepEqual([tooMany.code, /more than 40 % of the images were rejected/.test(tooMany.output)], [1, true]);
  assert.equal((await run(['import', folder, '--max-rejected', '0.5'], environment)).code, 0);
});
