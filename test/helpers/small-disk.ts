import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

export interface SmallDisk {
  /** Where it is mounted, until the tests of the file have ended. */
  folder: string;
  /** Why tests that need it cannot run; false: they can. */
  skip: string | false;
}

/** A disk of its own, to be filled; only root may make one. */
export function smallDisk(megabytes: number): SmallDisk {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-small-disk-'));
  const skip = mount(folder, megabytes) ? false : 'no small disk can be mounted here';
  after(() => {
    if (skip === false) execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });
  return { folder, skip };
}

function mount(folder: string, megabytes: number): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'none', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
