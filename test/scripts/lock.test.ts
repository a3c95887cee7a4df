import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { withLock } from '../../scripts/setup/lock.mjs';

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
    for (const owner of ['999999999 1', `${process.pid} 1`]) {
      writeFileSync(file, owner);
      assert.equal(await withLock(async () => 'done', file), 'done');
    }
  });
});
