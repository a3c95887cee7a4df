import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { FolderSync, makeFolderDurably, writeDurably, writeDurablySync } from '#libs/durable-files';

async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-durable-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

const BOTH = [
  ['writeDurably', writeDurably],
  ['writeDurablySync', async (...given: Parameters<typeof writeDurablySync>) => writeDurablySync(...given)],
] as const;

/** What keeps us from looking at the calls of a process. */
function withoutStrace(): string | false {
  try {
    execFileSync('strace', ['-o', '/dev/null', 'true'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'there is no strace here that may trace';
  }
}

/** Syncs and renames of a script, in their order, as `call name`. */
async function callsOf(t: TestContext, script: string): Promise<string[]> {
  const log = path.join(await temporaryFolder(t), 'calls');
  const node = [process.execPath, '--input-type=module', '-e', script];
  const filter = 'trace=fsync,fdatasync,rename,renameat2,mkdir';
  await promisify(execFile)('strace', ['-f', '-y', '-qq', '-e', filter, '-o', log, ...node]);
  return (await readFile(log, 'utf8')).split('\n').flatMap((line) => {
    const [, call, file] = /\b(fsync|fdatasync|rename|mkdir)(?:at2)?\((?:\d+<|")([^>"]+)/.exec(line) ?? [];
    if (call === undefined || !file!.includes('sulcus-durable-')) return [];
    return `${call} ${path.basename(file!).replace(/\.[0-9a-f]{12}\.part$/, '.part')}`;
  });
}

describe('a durable file', () => {
  for (const [name, write] of BOTH) {
    test(`${name}: is for its owner alone unless said otherwise, and replaces one that is there`, async (t) => {
      const folder = await temporaryFolder(t);
      const file = path.join(folder, 'a');
      await write(file, 'first');
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      await write(file, Buffer.from('second'), { mode: 0o644 });
      assert.equal(await readFile(file, 'utf8'), 'second');
      assert.equal((await stat(file)).mode & 0o777, 0o644);
      assert.deepEqual(await readdir(folder), ['a']);
    });

    test(`${name}: leaves nothing unfinished where it cannot be written`, async (t) => {
      const folder = await temporaryFolder(t);
      await mkdir(path.join(folder, 'taken'));
      await assert.rejects(write(path.join(folder, 'taken'), 'a file'), { code: 'EISDIR' });
      await assert.rejects(write(path.join(folder, 'missing', 'a'), 'a file'), { code: 'ENOENT' });
      assert.deepEqual(await readdir(folder), ['taken']);
    });
  }

  test('is synced before it has its name, and its folder after', { skip: withoutStrace() }, async (t) => {
    const folder = await temporaryFolder(t);
    const calls = await callsOf(
      t,
      `import { FolderSync, makeFolderDurably, writeDurably, writeDurablySync } from '#libs/durable-files';
       await makeFolderDurably('${folder}/one/two');
       await writeDurably('${folder}/one/two/a', 'a');
       writeDurablySync('${folder}/one/two/b', 'b');
       const listing = new FolderSync('${folder}/one/two');
       const write = (name) => writeDurably('${folder}/one/two/' + name, name, { listing });
       await Promise.all(['c', 'd', 'e', 'f'].map(write));`,
    );
    const first = path.basename(folder);
    assert.deepEqual(calls.slice(0, 11), [
      // The folder cannot be made before the one above it.
      ...['mkdir two', 'mkdir one', 'mkdir two', `fsync ${first}`, 'fsync one'],
      ...['fdatasync a.part', 'rename a.part', 'fsync two'],
      ...['fsync b.part', 'rename b.part', 'fsync two'],
    ]);
    const shared = calls.slice(11);
    assert.equal(shared.filter((call) => call.startsWith('fdatasync')).length, 4);
    assert.equal(shared.at(-1), 'fsync two');
    for (const name of ['c', 'd', 'e', 'f'])
      assert.ok(shared.indexOf(`fdatasync ${name}.part`) < shared.indexOf(`rename ${name}.part`), name);
  });
});

describe('syncs of a folder that are shared', () => {
  test('end for everybody, and tell everybody that the folder is gone; later ones begin anew', async (t) => {
    const folder = path.join(await temporaryFolder(t), 'a');
    const listing = new FolderSync(folder);
    const asked = [listing.sync(), listing.sync(), listing.sync()];
    await Promise.all(asked.map((syncing) => assert.rejects(syncing, { code: 'ENOENT' })));
    await mkdir(folder);
    await Promise.all([listing.sync(), listing.sync(), listing.sync()]);
  });
});

test('a folder is made with those above it, once, and is nothing where a file is in the way', async (t) => {
  const folder = await temporaryFolder(t);
  const deep = path.join(folder, 'a', 'b', 'c');
  await Promise.all([makeFolderDurably(deep), makeFolderDurably(deep)]);
  await makeFolderDurably(deep);
  assert.equal((await stat(deep)).mode & 0o777, 0o700);
  await writeFile(path.join(folder, 'file'), '');
  await assert.rejects(makeFolderDurably(path.join(folder, 'file', 'a')), { code: 'ENOTDIR' });
});
