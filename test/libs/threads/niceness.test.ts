import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { test } from 'node:test';
import { canRestoreNiceness, setProcessNiceness, ThreadClient } from '#libs/threads';
import type { NicenessMethods } from './_niceness-thread.js';

/** Nice value of every thread of a process, from the kernel's own table (proc(5), field 19). */
const nicenessOf = (pid: number): number[] =>
  readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[16]),
  );

test('a thread makes itself less urgent and no other, and comes back where that is allowed', {
  skip: process.platform !== 'linux',
}, async () => {
  const ours = os.getPriority();
  const thread = new ThreadClient<NicenessMethods>(new URL('./_niceness-thread.js', import.meta.url), 'test thread');
  try {
    assert.equal(await thread.call('set', ours + 3), ours + 3);
    assert.equal(os.getPriority(), ours);
    assert.equal(await thread.call('set', ours), canRestoreNiceness() ? ours : undefined);
  } finally {
    await thread.close();
  }
});

test('a process is made less urgent with all of its threads', { skip: process.platform !== 'linux' }, async () => {
  const child = spawn(process.execPath, ['-e', "console.log('up'); setInterval(() => undefined, 1000)"], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  try {
    await once(child.stdout, 'data');
    const niceness = Math.min(os.getPriority() + 4, 19);
    setProcessNiceness(child.pid!, niceness);
    const now = nicenessOf(child.pid!);
    assert.ok(now.length > 1);
    assert.deepEqual([...new Set(now)], [niceness]);
    if (!canRestoreNiceness()) return;
    setProcessNiceness(child.pid!, os.getPriority());
    assert.deepEqual([...new Set(nicenessOf(child.pid!))], [os.getPriority()]);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a process that has ended is none to change', { skip: process.platform !== 'linux' }, async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  setProcessNiceness(child.pid!, 5);
});
