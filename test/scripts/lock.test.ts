import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../scripts/setup/lock.mjs';
import { run } from '../../scripts/setup/process.mjs';
import { processIdentity } from '../../scripts/setup/process-groups.mjs';

const lockModule = new URL('../../scripts/setup/lock.mjs', import.meta.url).href;

describe('the set-up lock', () => {
  let folder = '';
  let file = '';
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'sulcus-lock-'));
    file = path.join(folder, 'setup.lock');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('lets one work at a time and is gone afterwards, also after a failure', async () => {
    let inside = 0;
    const work = () =>
      withLock(async () => {
        inside += 1;
        assert.equal(inside, 1);
        await sleep(20);
        inside -= 1;
      }, file);
    await Promise.all([work(), work(), work()]);
    await assert.rejects(
      withLock(() => Promise.reject(new Error('failed')), file),
      /failed/,
    );
    assert.equal(existsSync(file), false);
  });

  it('of a process that is gone, or whose number another process has now, is taken over', async () => {
    for (const owner of ['999999999 1', `${process.pid} 1`, 'nonsense']) {
      writeFileSync(file, owner);
      assert.equal(await withLock(async () => 'done', file), 'done');
    }
  });

  it('that is empty is taken over, since a lock appears together with the name of its holder', {
    timeout: 10_000,
  }, async () => {
    writeFileSync(file, '');
    assert.equal(await withLock(async () => 'done', file), 'done');
  });

  it('makes whoever waits say which file is held by which process, and what to do', async () => {
    const holder = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', 'the holder'], { stdio: 'ignore' });
    try {
      writeFileSync(file, processIdentity(holder.pid) ?? '');
      const script = `import { withLock } from ${JSON.stringify(lockModule)};
        await withLock(async () => {}, ${JSON.stringify(file)});`;
      const waiting = run(process.execPath, ['--input-type=module', '-e', script]);
      await sleep(2000);
      holder.kill();
      const { code, stderr } = await waiting;
      assert.equal(code, 0);
      assert.equal(stderr.trim().split('\n').length, 1);
      for (const part of [`process ${holder.pid} `, 'the holder', file, `kill ${holder.pid}`])
        assert.ok(stderr.includes(part), `${part} in ${stderr}`);
    } finally {
      holder.kill();
    }
  });
});
