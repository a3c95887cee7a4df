import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const CLI = path.join(import.meta.dirname, '../../services/cli/main.js');
const EXIT_FAILED = 1;
/** By another, chosen at random, none of the few patients may be on the side to validate. */
const PSEUDONYM_KEY = 'a-key-by-which-some-are-validated-on';

/** Its first steps leave what numbers can say. */
const DIVERGING = {
  name: 'diverging',
  architecture: 'baseline-cnn',
  input: { height: 32, width: 32, channels: 1 },
  precision: 'float32',
  optimizer: { name: 'sgd', learningRate: 1e30 },
  batchSize: 4,
  epochs: 5,
  earlyStopping: null,
  mode: 'epochs',
  transform: {
    name: 'diverging-32',
    outputHeight: 32,
    outputWidth: 32,
    channels: 1,
    interpolation: 'bilinear',
    train: [{ op: 'resize', height: 32, width: 32 }],
    eval: [{ op: 'resize', height: 32, width: 32 }],
    normalize: { mean: [0.5], std: [0.5] },
  },
  seed: 3,
};

test('a live run whose training fails again and again ends with the cause and another code than 0', {
  timeout: 180_000,
}, async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-failed-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const recipe = path.join(folder, 'recipe.json');
  writeFileSync(recipe, JSON.stringify(DIVERGING));
  const launcher = spawn(
    process.execPath,
    [
      ...process.execArgv,
      CLI,
      ...['up', '--no-live', '--mode', 'epochs', '--phantoms', '8', '--recipe', recipe],
      ...['--state', path.join(folder, 'state')],
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, SULCUS_ENGINE_THREADS: '1', SULCUS_PSEUDONYM_KEY: PSEUDONYM_KEY },
    },
  );
  t.after(() => launcher.kill('SIGKILL'));
  let [output, errors] = ['', ''];
  t.signal.addEventListener('abort', () => t.diagnostic(output + errors));
  launcher.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  launcher.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(launcher, 'close')) as [number | null];
  assert.equal(code, EXIT_FAILED, errors);
  assert.match(errors, /^sulcus: MODEL_INVALID: .*Training has diverged/m);
  assert.match(errors, /^sulcus: see .*trainer\.log$/m);
});
