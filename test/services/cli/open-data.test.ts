import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { openDataSet } from '../../../services/cli/launcher/data-set.js';
import { openData } from '../../../services/cli/shared/open-data.js';

const root = mkdtempSync(path.join(tmpdir(), 'sulcus-packed-'));
after(() => rmSync(root, { recursive: true }));

/** Packs files with these names into `root/name` and opens the result. */
async function opened(name: string, files: readonly string[]): Promise<string> {
  const folder = path.join(root, `${name}.source`);
  for (const file of files) {
    mkdirSync(path.join(folder, path.dirname(file)), { recursive: true });
    writeFileSync(path.join(folder, file), 'path,label\nx.png,a\ny.png,b\n');
  }
  const words = name.endsWith('.zip') ? ['zip', '-qr'] : ['tar', '-czf'];
  execFileSync(words[0]!, [words[1]!, path.join(root, name), ...readdirSync(folder)], { cwd: folder });
  const data = await openData(path.join(root, name), { folder: path.join(root, 'unpacked') });
  return path.relative(path.join(root, 'unpacked'), data).replace(/-[0-9a-f]{12}/, '');
}

test('folders that wrap a data set are looked through, what belongs to it is not', async () => {
  assert.equal(await opened('plain.zip', ['a/1.png', 'b/2.png']), 'plain');
  assert.equal(await opened('wrapped.zip', ['archive/set/a/1.png', 'archive/set/b/2.png']), 'wrapped/archive/set');
  assert.equal(await opened('readme.tgz', ['set/a/1.png', 'set/b/2.png', 'README', '__MACOSX/x/y']), 'readme/set');
  assert.equal(await opened('parts.tar.gz', ['Training/a/1.png', 'Training/b/1.png']), 'parts');
  assert.equal(await opened('one-class.zip', ['a/1.png', 'a/2.png']), 'one-class');
  assert.equal(await opened('manifest.zip', ['set/manifest.csv', 'set/x.png']), 'manifest/set/manifest.csv');
});

test('a file is unpacked once, and again when it has changed', async () => {
  const file = path.join(root, 'plain.zip');
  const open = () => openData(file, { folder: path.join(root, 'once') });
  const first = await open();
  const madeMs = statSync(first).mtimeMs;
  assert.equal(await open(), first);
  assert.equal(statSync(first).mtimeMs, madeMs);
  utimesSync(file, 1, 1);
  assert.notEqual(await open(), first);
});

test('a folder and a manifest are themselves', async () => {
  assert.equal(await openData(root), root);
  const manifest = path.join(root, 'manifest.zip.source', 'set', 'manifest.csv');
  const { classes } = await openDataSet({ data: manifest, phantoms: 2, seed: 1 });
  assert.deepEqual([await openData(manifest), classes], [manifest, ['a', 'b']]);
});
