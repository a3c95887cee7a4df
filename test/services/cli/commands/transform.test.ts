import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { compileTransform, decodeImage, encodeImage, renderPhantom, storedTransform } from '#libs/imaging';
import { getRecipe } from '#libs/nn';
import { createRandom } from '#libs/random';
import { resolveTransform } from '#services/trainer';
import { main } from '../../../../services/cli/commands/transform/transform.js';
import { commandOutput } from '../../../helpers/command-output.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-transform-'));
const data = path.join(folder, 'data');
const NAMES = ['Training/glioma/a.png', 'Training/glioma/a.jpg', 'Testing/none/b.jpg', 'Testing/none/broken.png'];

before(async () => {
  for (const [index, name] of NAMES.entries()) {
    const file = path.join(data, name);
    mkdirSync(path.dirname(file), { recursive: true });
    const image = renderPhantom({ class: 'glioma', seed: 1, size: 300, patient: index });
    const bytes = await encodeImage(image, name.endsWith('.png') ? 'png' : 'jpeg');
    writeFileSync(file, name.includes('broken') ? bytes.subarray(0, 1000) : bytes);
  }
});

after(() => rmSync(folder, { recursive: true }));
afterEach(() => (process.exitCode = 0));

const output = (name: string): string => path.join(folder, name);

async function transform(...words: string[]): Promise<Record<string, unknown>> {
  const text = await commandOutput(main, [data, ...words, '--json']);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}

test('stored images give the network the pixels of the files they are made of, augmented or not', async () => {
  const result = await transform('--recipe', 's4-vgg19', '--output', output('png'));
  assert.deepEqual([result['written'], result['kept'], result['operations']], [3, 0, ['contourCrop', 'resize']]);
  const spec = resolveTransform(getRecipe('s4-vgg19'));
  const { rest } = storedTransform(spec)!;
  const places = {
    'Training/glioma/a.png': 'a.png',
    'Training/glioma/a.jpg': 'a.jpg.png',
    'Testing/none/b.jpg': 'b.png',
  };
  for (const [source, name] of Object.entries(places)) {
    const original = await decodeImage(readFileSync(path.join(data, source)));
    const stored = await decodeImage(readFileSync(path.join(output('png'), path.dirname(source), name)));
    assert.deepEqual([stored.width, stored.height], [256, 256]);
    for (const mode of ['train', 'eval'] as const)
      assert.deepEqual(
        compileTransform(rest, mode)(stored, createRandom('draw')),
        compileTransform(spec, mode)(original, createRandom('draw')),
        `${source} in ${mode}`,
      );
  }
});

test('files that cannot be read are named, and the exit code says so', async () => {
  const result = await transform('--recipe', 's4-vgg19', '--output', output('told'));
  assert.equal(process.exitCode, 1);
  const refused = result['refused'] as { file: string; code: string }[];
  assert.deepEqual(
    refused.map(({ file, code }) => [file, code]),
    [['Testing/none/broken.png', 'IMAGE_TRUNCATED']],
  );
});

test('a call that was stopped goes on: what is missing or older than its source is made', async () => {
  const target = output('resumed');
  await transform('--recipe', 's4-vgg19', '--output', target);
  const [kept, missing, old] = ['Training/glioma/a.png', 'Training/glioma/a.jpg.png', 'Testing/none/b.png'].map(
    (name) => path.join(target, name),
  ) as [string, string, string];
  const before = statSync(kept).mtimeMs;
  const bytes = readFileSync(missing);
  rmSync(missing);
  utimesSync(old, 1, 1);
  const again = await transform('--recipe', 's4-vgg19', '--output', target);
  assert.deepEqual([again['written'], again['kept']], [2, 1]);
  assert.equal(statSync(kept).mtimeMs, before);
  assert.deepEqual(readFileSync(missing), bytes);
});

test('a folder with other content is refused, and a recipe of which nothing can be done once', async () => {
  const target = output('other');
  assert.deepEqual(await transform('--recipe', 's4-vgg19', '--output', data), {});
  assert.equal(process.exitCode, 1);
  await transform('--recipe', 's4-vgg19', '--output', target);
  assert.deepEqual(await transform('--recipe', 's3-vgg16', '--output', target), {});
  assert.deepEqual(await transform('--recipe', 's0-resnet50', '--output', output('none')), {});
  assert.ok(!readdirSync(folder).includes('none'));
});

test('the recipe beside the images is what is left to do, and can be trained', async () => {
  const target = output('recipe');
  await transform('--recipe', 's4-vgg19', '--output', target, '--format', 'original');
  const recipe = JSON.parse(readFileSync(path.join(target, 'recipe.json'), 'utf8')) as Parameters<
    typeof resolveTransform
  >[0];
  assert.deepEqual(
    resolveTransform(recipe).eval.map(({ op }) => op),
    ['resize'],
  );
  assert.equal(recipe.optimizer.name, getRecipe('s4-vgg19').optimizer.name);
  assert.ok(readdirSync(path.join(target, 'Training/glioma')).includes('a.jpg'));
});

test('what only a manifest says of the images, a manifest beside them says', async () => {
  const manifest = path.join(data, 'list.csv');
  writeFileSync(manifest, 'path,label,patient,split\nTraining/glioma/a.png,other,p1,test\n');
  const target = output('manifest');
  const text = await commandOutput(main, [manifest, '--recipe', 's4-vgg19', '--output', target, '--json']);
  assert.equal((JSON.parse(text) as { data: string }).data, path.join(target, 'manifest.csv'));
  assert.match(readFileSync(path.join(target, 'manifest.csv'), 'utf8'), /^Training\/glioma\/a\.png,other,p1,,test\r$/m);
});
