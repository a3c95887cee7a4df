import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { Notifier } from '#libs/async';
import { connectBus } from '#libs/bus';
import { importData } from '../../../../../services/cli/launcher/phases/import-data.js';
import type { Run } from '../../../../../services/cli/launcher/run.js';
import { PipelineState } from '../../../../../services/cli/launcher/state/pipeline-state.js';
import { watchPipeline } from '../../../../../services/cli/launcher/state/watch-pipeline.js';
import { noiseImage } from '../../../../helpers/images.js';
import { startNats } from '../../../../helpers/nats.js';
import { until } from '../../../../helpers/until.js';

const IMAGES = 400;

/** A folder of images and what imports them into a broker of its own. */
async function startScene(t: TestContext) {
  const nats = await startNats(t);
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-import-'));
  const data = path.join(folder, 'data');
  for (const label of ['glioma', 'notumor']) mkdirSync(path.join(data, label), { recursive: true });
  for (let seed = 0; seed < IMAGES; seed++)
    writeFileSync(path.join(data, seed % 2 ? 'glioma' : 'notumor', `${seed}.jpg`), await noiseImage(seed));
  const bus = await connectBus({ servers: nats.url, name: 'test' });
  await bus.ensureTopology();
  const [stop, state, changed] = [new AbortController(), new PipelineState(), new Notifier()];
  const watching = watchPipeline(bus, state, { signal: stop.signal, changed: () => changed.notify() });
  const notes: string[] = [];
  const environment = { ...process.env, SULCUS_NATS_URL: nats.url, SULCUS_DATA_DIR: folder, NODE_TEST_CONTEXT: '' };
  const run = {
    options: {},
    pipeline: { plan: { environment, logFolder: folder, own: () => ({}) } },
    dataSet: { prepare: () => Promise.resolve(data) },
    view: { note: (line: string) => notes.push(line) },
    state,
    changed,
    signal: stop.signal,
    setPhase: () => undefined,
  } as unknown as Run;
  t.after(async () => {
    stop.abort();
    await watching;
    await bus.drain();
    rmSync(folder, { recursive: true });
  });
  const stored = async () => (await bus.statsOf('SCANS')).messages;
  return { nats, run, notes, state, stored };
}

const importProcess = (): number =>
  Number(execFileSync('pgrep', ['-P', String(process.pid), '-f', 'main.js import'], { encoding: 'utf8' }));

for (const [signal, end] of [
  ['SIGKILL', 'a signal'],
  ['SIGTERM', 'code 130'],
] as const)
  test(`an import that ${signal} ends is repeated, and every image is stored once`, async (t) => {
    const { run, notes, stored } = await startScene(t);
    const importing = importData(run);
    await until(async () => (await stored()) > 5, 'the import to be under way', 60_000);
    process.kill(importProcess(), signal);
    await importing;
    assert.equal(await stored(), IMAGES);
    assert.ok(notes.join('\n').includes(`the import broke off and is repeated: INTERNAL: import ended with ${end}`));
  });

test('a broker that is away during an import for longer than the import waits ends nothing', async (t) => {
  const { nats, run, stored, notes } = await startScene(t);
  (run.pipeline.plan.environment as Record<string, string>)['SULCUS_INGEST_RETRY_TIMEOUT'] = '1s';
  const importing = importData(run);
  await until(async () => (await stored()) > 5, 'the import to be under way', 60_000);
  await nats.kill();
  await until(() => notes.some((note) => note.includes('is repeated')), 'the import to give up', 60_000);
  await nats.restart();
  await importing;
  assert.equal(await stored(), IMAGES);
});
