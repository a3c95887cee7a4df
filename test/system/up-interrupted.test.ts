import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { descendants, readTable } from '../../scripts/laboratory/stand/process-table.js';
import { until } from '../helpers/until.js';

const CLI = path.join(import.meta.dirname, '../../services/cli/main.js');
const SKIP = process.platform === 'linux' ? false : 'processes are listed from /proc';

/** A launcher whose services and engine run. */
async function startLauncher(t: TestContext, output: 'ignore' | 'pipe' = 'ignore') {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-interrupted-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const state = path.join(folder, 'state');
  const launcher = spawn(
    process.execPath,
    [...process.execArgv, CLI, 'up', '--no-live', '--phantoms', '8', '--state', state],
    { stdio: ['ignore', output, 'ignore'], env: { ...process.env, SULCUS_ENGINE_THREADS: '1' } },
  );
  launcher.stdout?.resume();
  t.after(() => launcher.kill('SIGKILL'));
  const ended = once(launcher, 'exit').then(([code]) => code as number | null);
  const runs = (name: string): boolean =>
    descendants(readTable(), launcher.pid!).some(({ words }) => words.join(' ').includes(name));
  for (const name of ['nats-server', 'sulcus-engine', 'main.js predictor'])
    await until(() => runs(name), `${name} to run`, 90_000);
  const family = descendants(readTable(), launcher.pid!);
  assert.ok(family.length >= 6, `${family.length} processes`);
  const isLeft = (): boolean => {
    const left = new Set(readTable().map(({ pid }) => pid));
    return family.some(({ pid }) => left.has(pid));
  };
  const owner = (): unknown =>
    (JSON.parse(readFileSync(path.join(state, 'sulcus-state.json'), 'utf8')) as { launcherPid?: number }).launcherPid;
  return { launcher, ended, isLeft, owner };
}

test('a second Ctrl-C ends the launcher at once, and leaves no process behind', {
  skip: SKIP,
  timeout: 120_000,
}, async (t) => {
  const { launcher, ended, isLeft } = await startLauncher(t);
  launcher.kill('SIGINT');
  await delay(50);
  launcher.kill('SIGINT');
  await ended;
  await until(() => !isLeft(), 'all of them to be gone', 5000);
});

test('a terminal that is closed ends the launcher in order, however often it is told', {
  skip: SKIP,
  timeout: 150_000,
}, async (t) => {
  const { launcher, ended, isLeft, owner } = await startLauncher(t);
  assert.equal(owner(), launcher.pid);
  launcher.kill('SIGHUP');
  await delay(50);
  launcher.kill('SIGHUP');
  assert.equal(await ended, 0);
  assert.equal(owner(), undefined, 'the folder is free');
  assert.ok(!isLeft());
});

test('a launcher whose output nobody reads any more ends in order', { skip: SKIP, timeout: 150_000 }, async (t) => {
  const { launcher, ended, isLeft, owner } = await startLauncher(t, 'pipe');
  launcher.stdout!.destroy();
  assert.equal(await ended, 0);
  assert.equal(owner(), undefined, 'the folder is free');
  assert.ok(!isLeft());
});
