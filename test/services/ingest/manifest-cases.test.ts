import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { importPath, listData } from '#services/ingest';
import { noiseImage } from '../../helpers/images.js';
import { isCode } from '../../helpers/errors.js';
import { createIngestor, startHarness, temporaryFolder } from './_ingest.js';

/** A manifest in a folder of its own. */
async function manifest(t: TestContext, content: string | Buffer): Promise<string> {
  const file = path.join(await temporaryFolder(t), 'manifest.csv');
  await writeFile(file, content);
  return file;
}

const labelled = async (file: string): Promise<string[]> =>
  (await listData(file)).map(({ label, source }) => `${label}:${source}`);

const TWO = ['a:img/4.png', 'b:img/5.png'];

test('a manifest in another encoding is refused with its first line that is', async (t) => {
  const file = await manifest(
    t,
    Buffer.from('path,label\r\nimg/1.png,glioma\r\nimg/2.png,m\xe9ningiome\r\n', 'latin1'),
  );
  await assert.rejects(
    listData(file),
    isCode('INVALID_ARGUMENT', /line 3: it is not UTF-8: save the manifest as UTF-8/),
  );
});

test('a manifest is read in the encoding that is named, and refused where that is another', async (t) => {
  const file = await manifest(t, Buffer.from('path,label\r\nimg/2.png,m\xe9ningiome\r\n', 'latin1'));
  const [item] = await listData(file, { encoding: 'windows-1252' });
  assert.equal(item!.label, 'méningiome');
  for (const encoding of ['utf-8', 'no such encoding'])
    await assert.rejects(listData(file, { encoding }), isCode('INVALID_ARGUMENT', new RegExp(`not in ${encoding}`)));
});

for (const [what, content] of Object.entries({
  tabs: 'path\tlabel\nimg/4.png\ta\nimg/5.png\tb\n',
  semicolons: 'path;label\nimg/4.png;a\nimg/5.png;b\n',
  'a line that names commas': 'sep=,\npath,label\nimg/4.png,a\nimg/5.png,b\n',
  'a line that names semicolons': '\ufeffsep=;\r\npath;label\r\nimg/4.png;a\r\nimg/5.png;b\r\n',
  'other names': 'Filename,Class\nimg/4.png,a\nimg/5.png,b\n',
  'a mark of UTF-8': '\ufeffpath,label\r\nimg/4.png,a\r\nimg/5.png,b\r\n',
}))
  test(`a manifest with ${what} is read`, async (t) => {
    assert.deepEqual(await labelled(await manifest(t, content)), TWO);
  });

test('UTF-16 of either byte order is read, with commas or tabs', async (t) => {
  for (const delimiter of [',', '\t']) {
    const text = `path,label\r\nimg/4.png,a\r\nimg/5.png,b\r\n`.replaceAll(',', delimiter);
    const littleEndian = Buffer.from(`\ufeff${text}`, 'utf16le');
    for (const bytes of [littleEndian, Buffer.from(littleEndian).swap16()])
      assert.deepEqual(await labelled(await manifest(t, bytes)), TWO);
  }
});

test('a mistake behind a line that names the delimiter is on its own line', async (t) => {
  const file = await manifest(t, 'sep=,\npath,label,split\nimg/4.png,a,nowhere\n');
  await assert.rejects(listData(file), isCode('INVALID_ARGUMENT', /line 3: there is no split "nowhere"/));
});

for (const [column, first, second] of [
  ['split', 'train', 'test'],
  ['patient', 'P1', 'P2'],
  ['study', 'S1', 'S2'],
] as const)
  test(`one image with two values of ${column} is a mistake that names both lines`, async (t) => {
    const file = await manifest(t, `path,label,${column}\nimg/4.png,a,${first}\n./img/4.png,a,${second}\n`);
    await assert.rejects(
      listData(file),
      isCode(
        'INVALID_ARGUMENT',
        new RegExp(`line 3: the ${column} of this image is "${second}" here and "${first}" on line 2`),
      ),
    );
    assert.equal(
      (await listData(await manifest(t, `path,label,${column}\nx.png,a,${first}\nx.png,a,${first}\n`))).length,
      2,
    );
  });

test('classes that differ in case alone are warned of', async (t) => {
  const file = await manifest(t, 'path,label\nimg/1.png,Glioma\nimg/2.png,glioma\n');
  await mkdir(path.join(path.dirname(file), 'img'));
  for (const index of [1, 2])
    await writeFile(path.join(path.dirname(file), `img/${index}.png`), await noiseImage(index, { format: 'png' }));
  const warnings: string[] = [];
  await importPath(createIngestor(t, await startHarness(t)), file, { onWarning: (line) => warnings.push(line) });
  assert.match(warnings.join('\n'), /"Glioma", "glioma" are different classes/);
});
