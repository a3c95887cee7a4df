import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openStateFolder } from '../../../../services/cli/launcher/state-folder.js';

const base = mkdtempSync(path.join(tmpdir(), 'sulcus-state-'));
after(() => rmSync(base, { recursive: true }));
const fresh = (): string => mkdtempSync(path.join(base, 'runs-'));

test('the long-running mode comes back to the same folder, --once never does', () => {
  const runs = fresh();
  const live = openStateFolder({ once: false, fresh: false }, runs);
  writeFileSync(path.join(live.root, 'kept'), '');
  live.release();
  assert.ok(existsSync(path.join(openStateFolder({ once: false, fresh: false }, runs).root, 'kept')));
  assert.match(path.basename(openStateFolder({ once: true, fresh: false }, runs).root), /^once-\d{8}-\d{6}-\d+$/);
});

test('latest points to the newest run', () => {
  const runs = fresh();
  openStateFolder({ once: true, fresh: false }, runs);
  const { root } = openStateFolder({ once: false, fresh: false }, runs);
  assert.equal(realpathSync(path.join(runs, 'latest')), realpathSync(root));
});

test('only the newest few --once runs are kept, and never one in use', () => {
  const runs = fresh();
  for (let hour = 10; hour < 20; hour++) mkdirSync(path.join(runs, `once-20200101-${hour}0000-1`));
  writeFileSync(
    path.join(runs, 'once-20200101-100000-1', 'sulcus-state.json'),
    JSON.stringify({ launcherPid: process.ppid }),
  );
  openStateFolder({ once: true, fresh: false }, runs);
  const left = readdirSync(runs).filter((name) => name.startsWith('once-2020'));
  assert.deepEqual(left, [
    'once-20200101-100000-1',
    'once-20200101-170000-1',
    'once-20200101-180000-1',
    'once-20200101-190000-1',
  ]);
});

test('--fresh empties a folder of ours, and refuses one that is not', () => {
  const runs = fresh();
  const state = path.join(runs, 'mine');
  const first = openStateFolder({ once: true, state, fresh: false }, runs);
  writeFileSync(path.join(state, 'old'), '');
  first.finish();
  first.release();
  assert.throws(() => openStateFolder({ once: true, state, fresh: false }, runs), {
    code: 'INVALID_CONFIG',
    message: /add --fresh/,
  });
  openStateFolder({ once: true, state, fresh: true }, runs);
  assert.equal(existsSync(path.join(state, 'old')), false);
  const foreign = path.join(runs, 'foreign');
  mkdirSync(foreign);
  writeFileSync(path.join(foreign, 'thesis.tex'), '');
  assert.throws(() => openStateFolder({ once: true, state: foreign, fresh: true }, runs), {
    code: 'INVALID_CONFIG',
    message: /holds other files/,
  });
});

test('a --once run that was interrupted is gone on with', () => {
  const runs = fresh();
  const state = path.join(runs, 'mine');
  const first = openStateFolder({ once: true, state, fresh: false }, runs);
  assert.equal(first.isResumed, false);
  first.release();
  const second = openStateFolder({ once: true, state, fresh: false }, runs);
  assert.equal(second.isResumed, true);
});

test('a folder in use by a living launcher is refused', () => {
  const runs = fresh();
  const { root } = openStateFolder({ once: false, fresh: false }, runs);
  writeFileSync(path.join(root, 'sulcus-state.json'), JSON.stringify({ launcherPid: process.ppid }));
  assert.throws(() => openStateFolder({ once: false, fresh: false }, runs), {
    code: 'INVALID_CONFIG',
    message: new RegExp(`in use by process ${process.ppid}`),
  });
});

test('a folder whose launcher is gone is free, though its process id belongs to another program by now', () => {
  const runs = fresh();
  const { root } = openStateFolder({ once: false, fresh: false }, runs);
  const marker = path.join(root, 'sulcus-state.json');
  const own = JSON.parse(readFileSync(marker, 'utf8')) as { launcherPid: number; launcherStart: string };
  writeFileSync(marker, JSON.stringify({ ...own, launcherPid: process.ppid }));
  assert.equal(openStateFolder({ once: false, fresh: false }, runs).root, root);
});

test('a folder that cannot be made is said, with what to do, whatever keeps it', () => {
  const runs = fresh();
  const file = path.join(runs, 'file');
  writeFileSync(file, '');
  symlinkSync(path.join(runs, 'not-mounted'), path.join(runs, 'disk'));
  for (const state of [path.join(file, 'below'), file, path.join(runs, 'disk', 'state'), '/proc/state'])
    assert.throws(() => openStateFolder({ once: false, state, fresh: false }, runs), {
      code: 'INVALID_CONFIG',
      message: /The state folder .* cannot be used \(.*\): name another with --state/,
    });
});

test('what a folder says of itself is replaced whole, and a full disk keeps nobody from ending', () => {
  const runs = fresh();
  const folder = openStateFolder({ once: true, fresh: false }, runs);
  folder.adopt('one');
  const [marker, before] = [path.join(folder.root, 'sulcus-state.json'), path.join(runs, 'before')];
  linkSync(marker, before);
  folder.release();
  // A file that is written over would show the new text under both names, and none where the disk is full.
  assert.equal((JSON.parse(readFileSync(before, 'utf8')) as { launcherPid: number }).launcherPid, process.pid);
  assert.deepEqual(JSON.parse(readFileSync(marker, 'utf8')), { isUnfinished: true, stateId: 'one' });
  rmSync(folder.root, { recursive: true });
  folder.release();
  // Killed while it marked a folder that was empty.
  mkdirSync(folder.root);
  writeFileSync(path.join(folder.root, 'sulcus-state.json.0123.part'), '');
  openStateFolder({ once: true, fresh: false, state: folder.root }, runs).release();
});
