import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import sharp from 'sharp';
import { writePhantomDataset } from '#libs/imaging';
import type { RunSummary } from '../../services/cli/launcher/summary.js';
import { readSpanFolder, buildTimeline } from '../../services/cli/trace/index.js';
import { filesBelow, Identifiers } from '../helpers/identifiers.js';
import { until } from '../helpers/until.js';

const CLI = path.join(import.meta.dirname, '../../services/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-up-'));
after(() => rmSync(folder, { recursive: true }));

const PER_CLASS = 14;
const GOOD_IMAGES = 4 * PER_CLASS;

/** Phantoms of four classes, some named after people, and five files that sites also send. */
async function mixedDataSet(people: Identifiers): Promise<string> {
  const root = path.join(folder, 'data');
  await writePhantomDataset(root, { perClass: PER_CLASS, seed: 1, sizePx: 64, slicesPerPatient: 1 });
  rmSync(path.join(root, 'manifest.csv'));
  const imagesOf = (label: string): string[] =>
    readdirSync(path.join(root, label))
      .sort()
      .map((name) => path.join(root, label, name));
  const [first, second, third] = imagesOf('glioma') as [string, string, string];
  copyFileSync(first, path.join(root, 'glioma', 'copy.jpg'));
  copyFileSync(second, path.join(root, 'notumor', 'other-label.jpg'));
  for (const file of imagesOf('notumor').slice(2, 6)) {
    const named = sharp(readFileSync(file)).withExif({ IFD0: { ImageDescription: people.next('EXIF') } });
    rmSync(file);
    await named.png().toFile(path.join(root, 'notumor', `${people.next('file')}.png`));
  }
  writeFileSync(path.join(root, 'glioma', 'empty.jpg'), '');
  writeFileSync(path.join(root, 'notumor', 'text.jpg'), 'no image');
  writeFileSync(path.join(root, 'pituitary', 'truncated.jpg'), readFileSync(third).subarray(0, 700));
  return root;
}

/** Process id of a service of a launcher; undefined while it does not run. */
function pidOf(launcher: ChildProcess, service: string): string | undefined {
  const args = ['-P', String(launcher.pid), '-f', `main.js ${service}$`];
  const { stdout } = spawnSync('pgrep', args, { encoding: 'utf8' });
  return stdout.trim() || undefined;
}

/** Kills a service of a launcher with -9, as soon as it runs, and says which process it was. */
async function killService(launcher: ChildProcess, service: string): Promise<string> {
  await until(() => pidOf(launcher, service) !== undefined, `${service} to run`, 30_000);
  const pid = pidOf(launcher, service)!;
  process.kill(Number(pid), 'SIGKILL');
  return pid;
}

const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

async function printed(launcher: ChildProcess, pattern: RegExp): Promise<void> {
  let text = '';
  for await (const [chunk] of eventsOf(launcher)) {
    text += String(chunk);
    if (pattern.test(text)) return;
  }
}

async function* eventsOf(launcher: ChildProcess): AsyncGenerator<[Buffer]> {
  while (launcher.exitCode === null)
    yield (await once(launcher.stdout!, 'data', { signal: AbortSignal.timeout(120_000) })) as [Buffer];
}

test('one command: images in, bad ones kept apart, a model out, every request answered, whatever is killed', {
  timeout: 280_000,
}, async () => {
  const people = new Identifiers('up');
  const [data, json, state] = [await mixedDataSet(people), path.join(folder, 'out.json'), path.join(folder, 'state')];
  const launcher = spawn(
    process.execPath,
    [
      ...process.execArgv,
      CLI,
      'up',
      '--once',
      '--data',
      data,
      '--epochs',
      '3',
      '--json',
      json,
      '--state',
      state,
      '--no-live',
    ],
    {
      env: { ...process.env, SULCUS_DATA_DIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  launcher.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const exited = once(launcher, 'exit') as Promise<[number | null]>;
  await printed(launcher, /imported:/);
  for (const service of ['trainer', 'preprocess', 'predictor']) await killService(launcher, service);
  const [code] = await exited;
  assert.equal(code, 0, output);

  const summary = JSON.parse(readFileSync(json, 'utf8')) as RunSummary;
  const { images, split, training, models, served, test: measured } = summary;
  assert.deepEqual(images, {
    offered: GOOD_IMAGES + 5,
    ingested: GOOD_IMAGES,
    duplicates: 1,
    rejected: 4,
    deadLettered: 0,
  });
  assert.equal(split.train + split.validation + split.gate + split.test, GOOD_IMAGES);
  assert.equal(training.epochs, 3);
  assert.ok(models.some((model) => model.promoted && model.validation.accuracy >= 0));
  assert.ok(served.requests > 0);
  assert.equal(served.failedRequests, 0);
  assert.equal(served.version, models.filter((model) => model.promoted).at(-1)?.version);
  assert.equal(measured?.n, split.test);
  assert.equal(
    measured?.confusion.flat().reduce((sum, count) => sum + count, 0),
    split.test,
  );
  assert.deepEqual(Object.keys(summary), ['images', 'split', 'engine', 'training', 'models', 'served', 'test']);
  assert.match(output, /accuracy \d+\.\d %/);
  assert.match(output, /^report .*index\.html$/m);
  assert.equal(
    readFileSync(path.join(state, 'report', 'predictions.csv'), 'utf8')
      .trim()
      .split('\r\n').length,
    1 + split.test,
  );

  // Whatever the run leaves of its images, reports, cards and pictures too, tells nobody's name.
  const left = await filesBelow(state);
  assert.ok([...left.keys()].some((file) => file.endsWith('index.html')) && left.size > 20);
  for (const [file, content] of left)
    assert.deepEqual(people.foundIn(Buffer.concat([Buffer.from(file), content])), [], file);

  // Any image that was trained on has the whole timeline, from the files of all processes.
  const spans = await readSpanFolder(path.join(state, 'traces'));
  const timelines = readdirSync(path.join(data, 'meningioma')).map((name) =>
    buildTimeline(spans, sha256(path.join(data, 'meningioma', name))),
  );
  const whole = timelines.find(({ entries }) => entries.some(({ name }) => name === 'predict image'));
  const names = whole?.entries.map(({ name }) => name) ?? [];
  for (const name of [
    'ingest image',
    'send scan',
    'prepare batch',
    'train step',
    'publish model',
    'load model',
    'predict image',
  ]) {
    assert.ok(names.includes(name), `${name} in ${names.join(', ')}`);
  }
});
