import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { connectBus, type Bus } from '#libs/bus';
import { startEngine } from '#libs/engine';
import { compileTransform, decodeImage, defaultTransform, transformHash, writePhantomDataset } from '#libs/imaging';
import { encodeSafetensors, InferenceSession, initialState, type NetworkState } from '#libs/nn';
import { createRandom } from '#libs/random';
import { Registry } from '#libs/registry';
import {
  figuresOf,
  pairedFigures,
  type AnsweredSubject,
  type PairedFigures,
  type VersionFigures,
} from '../../../../services/cli/commands/evaluate/figures.js';
import { cardDraft } from '../../../helpers/cards.js';
import { isCode } from '../../../helpers/errors.js';
import { startNats, type TestNats } from '../../../helpers/nats.js';

interface Reference {
  labels: string[];
  models: (Omit<VersionFigures, 'version' | 'n' | 'unknownClasses'> & {
    name: string;
    classes: string[];
    probabilities: number[][];
  })[];
  paired: { difference: number; interval: number[]; pValue: number; onlyFirstRight: number; onlySecondRight: number };
}

/** Made by scripts/fixtures/evaluate_reference.py with scikit-learn and SciPy. */
const reference = JSON.parse(
  readFileSync(new URL('../../../fixtures/evaluation/evaluate.json', import.meta.url), 'utf8'),
) as Reference;

const [first, second] = reference.models.map(
  ({ name, classes, temperature, probabilities }): AnsweredSubject => ({
    name,
    classes,
    temperature,
    answers: new Map(
      probabilities.map((row, index) => [
        String(index),
        { label: reference.labels[index]!, probabilities: Float32Array.from(row) },
      ]),
    ),
  }),
) as [AnsweredSubject, AnsweredSubject];

/** Numbers at any depth agree to the given number of digits, all else exactly. */
function agree(actual: unknown, expected: unknown, tolerance: number, where = ''): void {
  if (typeof expected === 'number')
    assert.ok(Math.abs((actual as number) - expected) <= tolerance, `${where}: ${String(actual)}, not ${expected}`);
  else if (typeof expected === 'object')
    for (const [key, value] of Object.entries(expected as object))
      agree((actual as Record<string, unknown>)[key], value, tolerance, `${where}.${key}`);
  else assert.equal(actual, expected, where);
}

test('figures of a model are those of scikit-learn and SciPy', () => {
  for (const [subject, { name, classes: _, probabilities: __, ...expected }] of [
    [first, reference.models[0]!],
    [second, reference.models[1]!],
  ] as const)
    agree(figuresOf(subject), { version: name, n: reference.labels.length, ...expected }, 1e-6, name);
});

test('two models are compared on the same images, whatever the order of their classes', () => {
  const { difference, interval, pValue, onlyFirstRight, onlySecondRight } = reference.paired;
  const paired = pairedFigures(first, second);
  agree(paired, { n: 150, difference, interval, pValue, outcomes: { onlyFirstRight, onlySecondRight } }, 1e-6);
  assert.match(paired.sentence, /^main-000002 is better than main-000001: \+[\d.]+ points \(95 % interval /);
  assert.match(pairedFigures(second, first).sentence, /^main-000001 is worse than main-000002: −/);
  assert.match(pairedFigures(first, first).sentence, /do not differ by more than chance explains: \+0\.0 points/);
});

test('images of classes that a model does not know are left out and counted', () => {
  const narrow = { ...second, classes: ['notumor', 'glioma', 'pituitary'] };
  const { n, unknownClasses } = figuresOf(narrow);
  const missing = reference.labels.filter((label) => label === 'meningioma').length;
  assert.deepEqual([n, unknownClasses], [150 - missing, { meningioma: missing }]);
  assert.equal(pairedFigures(first, narrow).n, 150 - missing);
  assert.throws(
    () => figuresOf({ ...second, classes: ['a', 'b', 'c'] }),
    isCode('INVALID_ARGUMENT', /answers a, b, c/),
  );
});

// ---- the command, with a registry, files and images

const CLASSES = ['glioma', 'meningioma', 'notumor', 'pituitary'];
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-evaluate-'));
const data = path.join(folder, 'data');
let nats: TestNats;
let bus: Bus;

const spec = (sizePx: number) => defaultTransform(sizePx);
const networkOf = (sizePx: number) => ({
  architecture: 'baseline-cnn',
  classes: CLASSES.length,
  input: { height: sizePx, width: sizePx, channels: 1 as const },
  normalize: spec(sizePx).normalize,
  precision: 'float32' as const,
});

/** Random weights that answer decidedly. */
const weightsOf = (sizePx: number, seed: number): NetworkState =>
  new Map(
    [...initialState(networkOf(sizePx), seed)].map(([name, tensor]) => [
      name,
      name.startsWith('fc') ? { ...tensor, data: tensor.data.map((value) => value * 6) } : tensor,
    ]),
  );

async function publish(step: number, sizePx: number, classes: readonly string[]): Promise<string> {
  const transform = spec(sizePx);
  const card = await new Registry(bus).publish(
    cardDraft({
      step,
      classes,
      input: { height: sizePx, width: sizePx, channels: 1, range: [0, 255], normalize: transform.normalize },
      transform: transform as unknown as Record<string, unknown>,
      transformHash: transformHash(transform),
      recipe: { name: 'default', precision: 'float32' },
    }),
    { weights: encodeSafetensors(weightsOf(sizePx, step)) },
  );
  return card.version;
}

before(async () => {
  await writePhantomDataset(data, { perClass: 6, seed: 1, sizePx: 64, slicesPerPatient: 1 });
  rmSync(path.join(data, 'manifest.csv'));
  nats = await startNats();
  bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  await publish(1, 64, CLASSES);
  await publish(2, 32, [...CLASSES].reverse());
});

after(async () => {
  await bus.drain();
  await nats.stop();
  rmSync(folder, { recursive: true });
});

const CLI = path.join(import.meta.dirname, '../../../../services/cli/main.js');

/** Runs the command as a process of its own. */
async function run(...words: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [...process.execArgv, CLI, 'evaluate', ...words, '--nats', nats.url], {
    env: { ...process.env, NODE_TEST_CONTEXT: '', SULCUS_LOG_LEVEL: 'silent' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out: out.trimEnd(), err };
}

interface Line {
  versions: VersionFigures[];
  paired?: PairedFigures;
}

/** Right answers counted from the engine's own answers to decoded images, one by one. */
async function rightAnswers(step: number, sizePx: number, classes: readonly string[]): Promise<boolean[]> {
  await using engine = await startEngine();
  const session = await InferenceSession.create(engine, networkOf(sizePx), weightsOf(sizePx, step));
  const transform = compileTransform(spec(sizePx), 'eval');
  const right: boolean[] = [];
  for (const label of CLASSES) {
    for (const name of readdirSync(path.join(data, label)).sort()) {
      const prepared = transform.prepare(await decodeImage(readFileSync(path.join(data, label, name))));
      const pixels = new Uint8Array(transform.outputBytes);
      transform.apply(prepared, createRandom('none'), pixels);
      const answer = [...(await session.predict(pixels, 1))];
      right.push(classes[answer.indexOf(Math.max(...answer))] === label);
    }
  }
  return right;
}

test('versions answer the images of a folder by their own cards, and two are compared: one line of JSON', async () => {
  const { code, out, err } = await run('main-000001', 'main-000002', '--data', data, '--json');
  assert.equal(code, 0, err);
  assert.equal(out.split('\n').length, 1);
  const { versions, paired } = JSON.parse(out) as Line;
  const right = [await rightAnswers(1, 64, CLASSES), await rightAnswers(2, 32, [...CLASSES].reverse())] as const;
  const share = (list: readonly boolean[]): number => list.filter(Boolean).length / list.length;
  assert.deepEqual(
    versions.map(({ version, n, accuracy }) => [version, n, accuracy]),
    [
      ['main-000001', 24, share(right[0])],
      ['main-000002', 24, share(right[1])],
    ],
  );
  assert.deepEqual(
    versions[1]!.perClass.map(({ class: name, id, n }) => [name, id, n]),
    [...CLASSES].reverse().map((name, id) => [name, id, 6]),
  );
  const onlyFirst = right[0].filter((value, index) => value && !right[1][index]).length;
  assert.equal(paired!.outcomes.onlyFirstRight, onlyFirst);
  assert.ok(Math.abs(paired!.difference - (share(right[0]) - share(right[1]))) < 1e-12);
});

test('a weights file is asked as it says itself, else by a recipe', async () => {
  const [own, bare] = ['own', 'bare'].map((name) => path.join(folder, `${name}.safetensors`)) as [string, string];
  const metadata = { architecture: 'baseline-cnn', classes: JSON.stringify(CLASSES) };
  const described = { ...metadata, transform: JSON.stringify(spec(64)), temperature: '2', precision: 'float32' };
  writeFileSync(own, encodeSafetensors(weightsOf(64, 1), described));
  writeFileSync(bare, encodeSafetensors(weightsOf(64, 1), metadata));
  const recipe = path.join(folder, 'recipe.json');
  writeFileSync(recipe, JSON.stringify(RECIPE));
  const line = async (...words: string[]) => JSON.parse((await run(...words, '--json')).out) as Line;
  const { versions, paired } = await line('main-000001', own, '--data', data);
  assert.deepEqual([versions[1]!.version, versions[1]!.temperature], [own, 2]);
  assert.deepEqual([versions[1]!.loss, versions[1]!.confusion], [versions[0]!.loss, versions[0]!.confusion]);
  assert.equal(paired!.pValue, 1);
  assert.deepEqual((await line(bare, '--recipe', recipe, '--data', data)).versions[0]!.loss, versions[0]!.loss);
  assert.match((await run(bare, '--data', data)).err, /INVALID_CONFIG: .*bare\.safetensors does not say .*--recipe/);
});

test('what an import would refuse is left out and named, and an image counts once', async () => {
  const messy = path.join(folder, 'messy');
  for (const label of CLASSES) {
    mkdirSync(path.join(messy, label), { recursive: true });
    for (const name of readdirSync(path.join(data, label)))
      copyFileSync(path.join(data, label, name), path.join(messy, label, name));
  }
  const [image] = readdirSync(path.join(messy, 'glioma')).sort() as [string];
  copyFileSync(path.join(messy, 'glioma', image), path.join(messy, 'glioma', `z-${image}`));
  copyFileSync(path.join(messy, 'glioma', image), path.join(messy, 'pituitary', `z-${image}`));
  copyFileSync(path.join(messy, 'glioma', image), path.join(messy, 'notumor', 'wrong-name.tif'));
  writeFileSync(path.join(messy, 'notumor', 'text.jpg'), 'no image');
  const { out, err } = await run('main-000001', '--data', messy, '--json');
  assert.equal((JSON.parse(out) as Line).versions[0]!.n, 24);
  assert.match(err, /left out notumor\/text\.jpg: IMAGE_UNDECODABLE/);
  assert.match(err, /left out notumor\/wrong-name\.tif: IMAGE_UNSUPPORTED/);
  assert.match(err, /left out pituitary\/z-.*: LABEL_CONFLICT/);
});

test('people read a table, and a manifest is read as an import reads it', async () => {
  const manifest = path.join(folder, 'labels.csv');
  const lines = CLASSES.map((label) => `data/${label}/${readdirSync(path.join(data, label)).sort()[0]!},${label}`);
  writeFileSync(manifest, ['path,label', ...lines].join('\n'));
  const { out } = await run('main-000001', 'main-000002', '--data', manifest);
  assert.match(out, /^main-000001\n {2}accuracy +[\d.]+ % of 4 images \(95 % interval [\d.]+ % to [\d.]+ %\)$/m);
  assert.match(out, /^ +id +class +images +precision +recall +F1$/m);
  assert.match(out, /^ +0 +glioma +1 /m);
  assert.match(out.split('\n').at(-1)!, /main-000001 .* main-000002.* on 4 images, .* p = /);
});

test('a version that there is not, and a command without images, are refused', async () => {
  assert.match((await run('main-000009', '--data', data)).err, /NOT_FOUND: There is no version "main-000009"/);
  assert.match((await run('no/such.safetensors', '--data', data)).err, /NOT_FOUND: There is no file no\/such/);
  const noData = await run('main-000001');
  assert.deepEqual([noData.code, /--data is not given/.test(noData.err)], [2, true], noData.err);
  const noModel = await run('--data', data);
  assert.deepEqual([noModel.code, /<model\.\.\.> is missing/.test(noModel.err)], [2, true], noModel.err);
});

/** A recipe that prepares images as version 1 has them. */
const RECIPE = {
  name: 'as-version-1',
  architecture: 'baseline-cnn',
  input: { height: 64, width: 64, channels: 1 },
  precision: 'float32',
  optimizer: { name: 'adam', learningRate: 0.003 },
  batchSize: 8,
  epochs: 1,
  earlyStopping: null,
  transform: spec(64),
  seed: 1,
};
