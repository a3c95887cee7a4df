import assert from 'node:assert/strict';
import { copyFileSync, cpSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { requireSpace } from '../../scripts/setup/disk-space.mjs';
import { root } from '../../scripts/setup/paths.mjs';
import { run } from '../../scripts/setup/process.mjs';

/** A machine whose home folder may lie on another disk than everything else. */
const disks = (free: Record<string, number>) => (folder: string) => {
  const fileSystem = folder.startsWith('/home') && 'home' in free ? 'home' : 'main';
  return { fileSystem, place: fileSystem === 'home' ? '/home' : '/', freeBytes: free[fileSystem]! };
};

const NEEDS = [
  { what: 'npm packages', bytes: 650e6 },
  { what: 'libtensorflow', bytes: 1.2e9 },
  { what: "pip's cache", bytes: 300e6, folder: '/home/someone/.cache/pip' },
];

describe('the space on the disk', () => {
  it('adds up on one disk', () => {
    requireSpace(NEEDS, disks({ main: 2.2e9 }));
    assert.throws(
      () => requireSpace(NEEDS, disks({ main: 2e9 })),
      /needs 2\.1 GB free in \/ \(npm packages 650 MB, libtensorflow 1\.2 GB, pip's cache 300 MB\), which has 2\.0 GB:/,
    );
  });

  it('is asked for on each of two disks', () => {
    requireSpace(NEEDS, disks({ main: 1.9e9, home: 0.3e9 }));
    assert.throws(
      () => requireSpace(NEEDS, disks({ main: 1.9e9, home: 0.2e9 })),
      /needs 300 MB free in \/home \(pip's cache 300 MB\), which has 200 MB/,
    );
  });

  it('is measured where a folder will be, when it is not there yet', () => {
    const folder = path.join(tmpdir(), 'not', 'there');
    const { bavail, bsize } = statfsSync(tmpdir());
    assert.throws(
      () => requireSpace([{ what: 'a continent', bytes: 2 * bavail * bsize + 1, folder }]),
      new RegExp(`free in ${tmpdir()} `),
    );
  });

  it('is asked for before anything is downloaded', async (t) => {
    const clone = mkdtempSync(path.join(tmpdir(), 'sulcus-space-'));
    t.after(() => rmSync(clone, { recursive: true }));
    cpSync(path.join(root, 'scripts'), path.join(clone, 'scripts'), { recursive: true });
    copyFileSync(path.join(root, 'package.json'), path.join(clone, 'package.json'));
    writeFileSync(path.join(clone, 'package-lock.json'), JSON.stringify({ packages: { 'node_modules/a': {} } }));
    // A disk without room cannot be had in a test: the question is answered as if this were one.
    const preload = path.join(clone, 'full-disk.cjs');
    writeFileSync(preload, `require('node:fs').statfsSync = () => ({ bavail: 1000, bsize: 1000 });`);
    const { code, stderr } = await run(process.execPath, ['--require', preload, path.join(clone, 'scripts/setup.mjs')]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^set-up: Set-up needs 2\.\d GB free in .* \(npm packages 750 MB, .*\), which has 1\.0 MB: free some space.*\n$/,
    );
  });
});
