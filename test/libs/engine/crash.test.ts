import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { SulcusError } from '#libs/errors';
import { startEngine } from '#libs/engine';
import { type TensorValue } from '#libs/graph';
import { root } from '../../../scripts/setup/paths.mjs';
import { counterProgram, slowProgram } from '../graph/_programs.js';

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function untilGone(pid: number, timeoutMs: number): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; isRunning(pid); await delay(20))
    assert.ok(Date.now() < deadline, `process ${pid} is still there after ${timeoutMs} ms`);
}

test('a killed engine fails every pending and later call with ENGINE_FAILED, and reports its end once', async () => {
  const engine = await startEngine({ label: 'test crash', threads: 1 });
  const ends: SulcusError[] = [];
  engine.onExit((error) => ends.push(error));
  const size = 256;
  const loaded = await engine.load(slowProgram(size, 2000));
  const start: TensorValue = { dtype: 'float32', shape: [size, size], data: new Float32Array(size * size) };
  const runs = Promise.allSettled([
    loaded.run('run', { start }),
    loaded.run('run', { start }),
    engine.load(counterProgram()),
  ]);
  await delay(100);
  process.kill(engine.pid!, 'SIGKILL');
  for (const outcome of await runs) {
    assert.equal(outcome.status, 'rejected');
    assert.equal((outcome.reason as SulcusError).code, 'ENGINE_FAILED');
    assert.match((outcome.reason as SulcusError).message, /SIGKILL/);
  }
  assert.equal(ends.length, 1);
  await assert.rejects(loaded.run('run', { start }), /ENGINE_FAILED/);
  engine.onExit((error) => ends.push(error));
  assert.equal(ends.length, 2, 'a listener that comes late is told at once');
  await engine.close();
});

test('an engine that answers nothing for as long as it may is ended, and its runs say so', async () => {
  await using engine = await startEngine({ label: 'test frozen', threads: 1, answerTimeoutMs: 3000 });
  const loaded = await engine.load(counterProgram());
  const value: TensorValue = { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) };
  await delay(4000); // nothing is asked of it: it may be silent
  await loaded.run('write', { value });
  process.kill(engine.pid!, 'SIGSTOP');
  await assert.rejects(loaded.run('read'), /ENGINE_FAILED: .*did not answer for 3 s/);
  await untilGone(engine.pid!, 1000);
});

test('closing lets the runs under way finish, refuses new ones and ends the process', async () => {
  const engine = await startEngine({ label: 'test close', threads: 1 });
  const loaded = await engine.load(counterProgram());
  const ends: SulcusError[] = [];
  engine.onExit((error) => ends.push(error));
  const run = loaded.run('write', { value: { dtype: 'float32', shape: [2], data: Float32Array.of(1, 2) } });
  const closed = engine.close();
  await assert.rejects(loaded.run('read'), /CANCELLED/);
  await run;
  await closed;
  await untilGone(engine.pid!, 1000);
  assert.deepEqual(ends, [], 'an end that was asked for is no failure');
});

test('the engine ends when its parent is killed', async () => {
  const parent = spawn(
    process.execPath,
    [
      ...process.execArgv.filter((argument) => !argument.startsWith('--test')),
      path.join(import.meta.dirname, '_parent.js'),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [line] = (await parent.stdout.setEncoding('utf8').take(1).toArray()) as string[];
  const pid = Number(line);
  assert.ok(isRunning(pid));
  parent.kill('SIGKILL');
  await untilGone(pid, 10_000);
});

test('without a binding the error says what to do', async () => {
  const before = process.env['SULCUS_ENGINE_BINDING'];
  process.env['SULCUS_ENGINE_BINDING'] = '/nowhere/tfjs_binding.node';
  try {
    await assert.rejects(startEngine(), /ENGINE_UNAVAILABLE: SULCUS_ENGINE_BINDING names no file: \/nowhere/);
    // A file that is no library: loading fails in the process, not here.
    process.env['SULCUS_ENGINE_BINDING'] = path.join(root, 'libs/engine/README.md');
    await assert.rejects(startEngine(), /ENGINE_UNAVAILABLE: TensorFlow does not load/);
  } finally {
    if (before === undefined) delete process.env['SULCUS_ENGINE_BINDING'];
    else process.env['SULCUS_ENGINE_BINDING'] = before;
  }
});
