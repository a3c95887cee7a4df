import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { writePhantomDataset } from '#libs/imaging';
import { decodeSafetensors } from '#libs/nn';
import type { RunSummary } from '../../services/cli/launcher/summary.js';

const CLI = path.join(import.meta.dirname, '../../services/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-portable-'));
after(() => rmSync(folder, { recursive: true }));

test('the whole pipeline runs on the portable engine, and the summary says so', { timeout: 280_000 }, async () => {
  const [data, json] = [path.join(folder, 'data'), path.join(folder, 'out.json')];
  await writePhantomDataset(data, { perClass: 8, seed: 1, sizePx: 64, slicesPerPatient: 1 });
  const args = [
    ...process.execArgv,
    CLI,
    'up',
    '--once',
    '--data',
    data,
    '--epochs',
    '1',
    '--json',
    json,
    '--state',
    path.join(folder, 'state'),
    '--no-live',
  ];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    env: { ...process.env, SULCUS_DATA_DIR: folder, SULCUS_ENGINE: 'portable' },
  });
  const {
    engine,
    training,
    models,
    served,
    split,
    test: measured,
  } = JSON.parse(readFileSync(json, 'utf8')) as RunSummary;
  assert.match(engine, /^portable \(tfjs-wasm /);
  assert.match(stdout, /^engine {4}portable \(tfjs-wasm /m);
  assert.deepEqual(
    [training.epochs, training.samples, served.failedRequests, measured?.n],
    [1, split.train, 0, split.test],
  );
  assert.equal(served.version, models.find(({ promoted }) => promoted)?.version);
  const pictures = (when: string): string[] => readdirSync(path.join(folder, 'state', 'report', 'visualize', when));
  const pictured = (when: string, name: string): Buffer =>
    readFileSync(path.join(folder, 'state', 'report', 'visualize', when, name));
  const begun = decodeSafetensors(readFileSync(path.join(folder, 'state', 'start-weights', 'main.safetensors')));
  const layers = [...begun.state].filter(([, { shape }]) => shape.length === 4 || shape.length === 2);
  assert.deepEqual(pictures('before').sort(), layers.map(([name]) => `${name}.png`).sort());
  assert.deepEqual(pictures('after').sort(), pictures('before').sort());
  for (const name of pictures('after'))
    assert.ok(!pictured('before', name).equals(pictured('after', name)), `${name} shows what was learned`);
  const logs = ['trainer', 'predictor'].map((service) =>
    readFileSync(path.join(folder, 'state', 'logs', `${service}.log`), 'utf8'),
  );
  for (const log of logs) assert.match(log, /"engine":"portable \(tfjs-wasm /);
});
