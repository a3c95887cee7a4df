import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { checkStateId, connectBus, readStateId } from '#libs/bus';
import { openStateFolder } from '../../../services/cli/launcher/state-folder.js';
import { isCode } from '../../helpers/errors.js';
import { startNats } from '../../helpers/nats.js';
import { until } from '../../helpers/until.js';
import { connect } from './_fixtures.js';

test('a state has one identity, whoever asks first, and keeps it over a restart', async (t) => {
  const nats = await startNats(t);
  const buses = await Promise.all(Array.from({ length: 4 }, () => connect(t, nats.url)));
  await buses[0]!.ensureTopology();
  const ids = new Set(await Promise.all(buses.map(readStateId)));
  assert.equal(ids.size, 1);
  await nats.restart();
  await using later = await connectBus({ servers: nats.url, name: 'later' });
  await checkStateId(later, [...ids][0]!);
  await assert.rejects(checkStateId(later, 'another'), isCode('STATE_MISMATCH'));
});

function startService(t: TestContext, environment: Record<string, string>) {
  const child = spawn(
    process.execPath,
    [
      ...process.execArgv.filter((flag) => !flag.startsWith('--test')),
      path.resolve('dist/services/preprocess/main.js'),
    ],
    { env: { ...process.env, NODE_TEST_CONTEXT: '', ...environment }, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { ended: once(child, 'close').then(([code]) => code as number | null), output: () => output };
}

test('a service of another state is refused at its start, with a code and an exit that is not 0', async (t) => {
  const nats = await startNats(t);
  const service = startService(t, { SULCUS_NATS_URL: nats.url, SULCUS_STATE_ID: 'mine' });
  assert.equal(await service.ended, 1);
  assert.match(service.output(), /^preprocess: STATE_MISMATCH: .*\(mine\)/m);
});

test('a service that finds another state behind a reconnect leaves it at once and says so', async (t) => {
  const nats = await startNats(t);
  const bus = await connect(t, nats.url);
  await bus.ensureTopology();
  const service = startService(t, { SULCUS_NATS_URL: nats.url });
  await until(async () => (await bus.statsOf('BATCH_REQUESTS')).consumers.length > 0, 'the service to work', 30_000);
  await (await bus.keyValue('state')).put('id', Buffer.from('another'));
  await nats.restart();
  assert.equal(await service.ended, 1);
  assert.match(service.output(), /^preprocess: STATE_MISMATCH: .*\(another\)/m);
});

test('a launcher refuses a broker of another state than its folder belongs to', (t) => {
  const root = mkdtempSync(path.join(tmpdir(), 'sulcus-state-'));
  t.after(() => rmSync(root, { recursive: true }));
  const state = path.join(root, 'live');
  const choice = { once: false, state, fresh: false };
  const first = openStateFolder(choice, root);
  first.adopt('one');
  first.release();
  const again = openStateFolder(choice, root);
  again.adopt('one');
  assert.throws(() => again.adopt('two'), isCode('STATE_MISMATCH'));
  again.release();
  openStateFolder({ ...choice, fresh: true }, root).adopt('two');
});
