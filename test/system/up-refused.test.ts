import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { connectBus } from '#libs/bus';
import { getRecipe } from '#libs/nn';
import { CheckpointStore } from '#libs/registry';
import { startNats } from '../helpers/nats.js';

const CLI = path.join(import.meta.dirname, '../../services/cli/main.js');
const EXIT_INVALID_CONFIG = 2;
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-refused-'));
after(() => rmSync(folder, { recursive: true }));

/** Runs the launcher until it ends. */
async function up(
  words: readonly string[],
  environment: Record<string, string>,
): Promise<{ code: number | null; errors: string }> {
  const launcher = spawn(process.execPath, [...process.execArgv, CLI, 'up', '--no-live', ...words], {
    env: { ...process.env, SULCUS_DATA_DIR: folder, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  launcher.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(launcher, 'close')) as [number | null];
  return { code, errors };
}

test('a service that refuses its configuration ends the whole, with its mistakes and where they are logged', {
  timeout: 120_000,
}, async () => {
  const { code, errors } = await up(['--phantoms', '2', '--state', path.join(folder, 'state')], {
    SULCUS_BATCH_SIZE: '0',
  });
  assert.equal(code, EXIT_INVALID_CONFIG, errors);
  assert.match(errors, /^sulcus: INVALID_CONFIG: predictor: SULCUS_BATCH_SIZE/m);
  assert.match(errors, /^sulcus: see .*predictor\.log$/m);
});

test('a run that was begun with other classes or another recipe is refused before anything is imported', {
  timeout: 120_000,
}, async (t) => {
  const nats = await startNats(t);
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t.after(() => bus.drain());
  await bus.ensureTopology();
  const manifest = { schema: 1, run: 'main', recipe: { name: 'other', batchSize: 4 }, classes: ['a', 'b'], seed: 1 };
  await new CheckpointStore(bus).save('main', { manifest, parts: {} });
  for (const words of [[], ['--once']]) {
    const state = path.join(folder, `refused-${words.length}`);
    const { code, errors } = await up([...words, '--phantoms', '2', '--nats', nats.url, '--state', state], {});
    assert.equal(code, EXIT_INVALID_CONFIG, errors);
    assert.match(errors, /run "main" was begun with other settings: classes: \["a","b"\], and now/);
    assert.match(errors, /recipe's batchSize: 4, and now 16[^]*SULCUS_RUN, sulcus up --run/);
    assert.equal((await bus.stats()).SCANS.messages, 0);
  }
});

test('a recipe that cannot be used and devices that are not there are refused before anything is started', {
  timeout: 120_000,
}, async () => {
  const own = (name: string, change: object): string => {
    const file = path.join(folder, `${name}.json`);
    writeFileSync(file, JSON.stringify({ ...getRecipe('default'), epochs: 1, ...change }));
    return file;
  };
  const cases: [recipe: string, devices: string, errors: RegExp][] = [
    [own('shards', { shards: 0 }), 'auto', /^sulcus: INVALID_CONFIG: .*shards\.json: shards: Too small/m],
    [own('transform', { transform: 'nope' }), 'auto', /^sulcus: INVALID_CONFIG: .*names the transform "nope"/m],
    ['default', 'gpu:99', /^sulcus: ENGINE_UNAVAILABLE: SULCUS_DEVICES names gpu:99, but/m],
  ];
  for (const [recipe, devices, expected] of cases) {
    const state = path.join(folder, 'unstarted');
    const words = ['--once', '--phantoms', '2', '--recipe', recipe, '--state', state];
    const { code, errors } = await up(words, { SULCUS_DEVICES: devices, SULCUS_ENGINE: 'auto' });
    assert.notEqual(code, 0);
    assert.match(errors, expected);
    assert.doesNotMatch(errors, /broker|to go on/);
    assert.ok(!existsSync(path.join(state, 'nats')), 'no broker was started');
  }
});

test('first weights and class weights that do not fit are refused before anything is imported', {
  timeout: 120_000,
}, async (t) => {
  const nats = await startNats(t);
  const cases: [change: object, errors: RegExp][] = [
    [{ classWeights: { other: 1 } }, /^sulcus: INVALID_CONFIG: "other" is no class of the run/m],
    [{ initialWeights: 'none.safetensors' }, /initial weights of recipe "default" cannot be read: ENOENT/],
  ];
  const recipe = path.join(folder, 'unfit.json');
  for (const [change, expected] of cases) {
    writeFileSync(recipe, JSON.stringify({ ...getRecipe('default'), ...change }));
    const words = ['--phantoms', '2', '--nats', nats.url, '--recipe', recipe, '--state', path.join(folder, 'unfit')];
    const { code, errors } = await up(words, {});
    assert.equal(code, EXIT_INVALID_CONFIG, errors);
    assert.match(errors, expected);
  }
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  t.after(() => bus.drain());
  assert.equal((await bus.stats()).SCANS.messages, 0);
});

test('a hospital that is played has its own patients, and what goes with it alone says so', async () => {
  const withData = await up(['--site', '--data', folder], {});
  assert.equal(withData.code, EXIT_INVALID_CONFIG);
  assert.match(withData.errors, /--site plays a hospital of phantoms: leave out --data/);
  const without = await up(['--results', folder], {});
  assert.equal(without.code, EXIT_INVALID_CONFIG);
  assert.match(without.errors, /--results, --port-dicom: they go with --site/);
});
