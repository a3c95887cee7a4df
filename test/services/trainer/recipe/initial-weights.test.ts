import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { decodeSafetensors, type NetworkConfig, type Recipe } from '#libs/nn';
import { isCode } from '../../../helpers/errors.js';
import { firstWeights, keepFirstWeights } from '../../../../services/trainer/recipe/initial-weights.js';

const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-start-'));
after(() => rmSync(folder, { recursive: true }));

const NETWORK: NetworkConfig = {
  architecture: 'resnet10-slim',
  classes: 3,
  input: { height: 32, width: 32, channels: 1 },
  normalize: { mean: [0.5], std: [0.5] },
  precision: 'float32',
};
const RECIPE = { name: 'test', seed: 7 } as Recipe;

test('the weights that a run begins with are kept as they were, and another run can begin with the file', async () => {
  const file = path.join(folder, 'deeper', 'main.safetensors');
  const begin = await firstWeights(RECIPE, NETWORK);
  await keepFirstWeights(file, begin, NETWORK);
  const { state, metadata } = decodeSafetensors(readFileSync(file));
  assert.deepEqual(state, new Map([...begin.weights].sort(([left], [right]) => (left < right ? -1 : 1))));
  assert.equal(metadata['architecture'], 'resnet10-slim');
  const { weights } = await firstWeights({ ...RECIPE, seed: 8, initialWeights: file }, NETWORK);
  assert.deepEqual(weights, begin.weights);
  assert.deepEqual(readdirSync(path.dirname(file)), ['main.safetensors']);
});

test('start weights that cannot be written end the run before it begins, with the name of the setting', async () => {
  writeFileSync(path.join(folder, 'file'), '');
  const begin = await firstWeights(RECIPE, NETWORK);
  await assert.rejects(
    keepFirstWeights(path.join(folder, 'file', 'x.safetensors'), begin, NETWORK),
    isCode('INVALID_CONFIG', /SULCUS_START_WEIGHTS/),
  );
});

test('first weights that find no room are waited for: STORAGE_FULL', {
  skip: process.getuid?.() === 0 ? false : 'only root may mount a small disk',
}, async (t) => {
  const disk = path.join(folder, 'full');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', disk]);
  t.after(() => execFileSync('umount', [disk]));
  const begin = await firstWeights(RECIPE, NETWORK);
  await assert.rejects(
    keepFirstWeights(path.join(disk, 'x.safetensors'), begin, NETWORK),
    isCode('STORAGE_FULL', /space/),
  );
  assert.deepEqual(readdirSync(disk), [], 'nothing half-written is left');
});
