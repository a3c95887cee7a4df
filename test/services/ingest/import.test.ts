import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { SulcusError } from '#libs/errors';
import { importPath, listData, parseColumns, type IngestOutcome } from '#services/ingest';
import { noiseImage } from '../../helpers/images.js';
import { isCode } from '../../helpers/errors.js';
import { createIngestor, readDeadLetters, readEvents, readScans, startHarness, temporaryFolder } from './_ingest.js';

/** Writes files of a folder: a number is a noise image of that seed. */
async function writeFiles(folder: string, files: Record<string, number | string>): Promise<string> {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'number' ? await noiseImage(content) : content);
  }
  return folder;
}

const splitCounts = (counts: Record<'train' | 'validation' | 'gate' | 'test', number>) =>
  counts.train + counts.validation + counts.gate + counts.test;

test('a folder of classes is imported whole: images, what is wrong with others, counts, reports', async (t) => {
  const harness = await startHarness(t);
  const folder = await writeFiles(await temporaryFolder(t), {
    'glioma/a.jpg': 1,
    'glioma/b.jpg': 2,
    'glioma/deeper/c.jpg': 3,
    'notumor/d.jpg': 4,
    'notumor/copy of d.jpg': 4,
    'notumor/copy of a.jpg': 1,
    'notumor/empty.jpg': '',
    'notumor/notes.txt': 'not an image',
    'README.md': 'not offered',
    '.DS_Store': 'x',
    'glioma/.hidden.jpg': 'x',
    'glioma/Thumbs.db': 'x',
  });
  await symlink(path.join(folder, 'nowhere.jpg'), path.join(folder, 'glioma', 'dangling.jpg'));
  const context = createIngestor(t, harness, 'import-1');
  const outcomes: IngestOutcome[] = [];
  const counts = await importPath(context, folder, { onOutcome: (outcome) => outcomes.push(outcome) });

  assert.deepEqual(
    { ...counts, train: 0, validation: 0, gate: 0, test: 0, nearDuplicates: 0, leaks: 0 },
    {
      offered: 9,
      ingested: 4,
      duplicates: 1,
      rejected: 4,
      filtered: 0,
      quarantined: 0,
      train: 0,
      validation: 0,
      gate: 0,
      test: 0,
      nearDuplicates: 0,
      leaks: 0,
    },
  );
  assert.equal(splitCounts(counts), 4);
  const rejected = outcomes
    .flatMap((outcome) =>
      outcome.kind === 'rejected' ? [[outcome.error.code, outcome.source.replace(/(copy of )?a\.jpg/, 'a')]] : [],
    )
    .sort();
  assert.deepEqual(
    rejected.map(([code]) => code),
    ['FILE_UNREADABLE', 'IMAGE_EMPTY', 'IMAGE_UNDECODABLE', 'LABEL_CONFLICT'],
  );
  assert.equal(rejected[0]?.[1], 'glioma/dangling.jpg');

  const scans = (await readScans(harness.bus)).map(({ message }) => message);
  const labels = new Map(scans.map(({ source, label }) => [source, label]));
  assert.equal(labels.get('glioma/deeper/c.jpg'), 'glioma');
  const unread = (await readDeadLetters(harness.bus)).find(({ code }) => code === 'FILE_UNREADABLE');
  assert.match(unread!.cause, /no such file, or it is a link to nothing/);

  const reports = (await readEvents(harness.bus)).flatMap(({ ingest }) => (ingest ? [ingest] : []));
  assert.deepEqual(reports.at(-1), { importId: 'import-1', ...counts, done: true });
  assert.ok(
    reports.every(
      ({ offered, ingested, duplicates, rejected: refused }) => offered === ingested + duplicates + refused,
    ),
  );
});

test('importing again adds nothing: every image is a duplicate', async (t) => {
  const harness = await startHarness(t);
  const folder = await writeFiles(
    await temporaryFolder(t),
    Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`class ${index % 2}/${index}.jpg`, index])),
  );
  const first = { ...(await importPath(createIngestor(t, harness), folder)) };
  const second = await importPath(createIngestor(t, harness), folder);
  assert.equal(first.ingested, 20);
  const nowhere = {
    filtered: 0,
    quarantined: 0,
    train: 0,
    validation: 0,
    gate: 0,
    test: 0,
    nearDuplicates: 0,
    leaks: 0,
  };
  assert.deepEqual(second, { offered: 20, ingested: 0, duplicates: 20, rejected: 0, ...nowhere });
  assert.equal((await readScans(harness.bus)).length, 20);
});

test('an import that is stopped does not call itself done, and the next one goes on where it stopped', async (t) => {
  const harness = await startHarness(t);
  const folder = await writeFiles(
    await temporaryFolder(t),
    Object.fromEntries(Array.from({ length: 80 }, (_, index) => [`class ${index % 2}/${index}.jpg`, index])),
  );
  const stop = new AbortController();
  const first = createIngestor(t, harness, 'stopped');
  await assert.rejects(
    importPath(first, folder, { signal: stop.signal, onOutcome: (_, { offered }) => offered >= 5 && stop.abort() }),
    (error) => SulcusError.from(error).code === 'CANCELLED',
  );
  const reports = (await readEvents(harness.bus)).flatMap(({ ingest }) => (ingest ? [ingest] : []));
  assert.ok(reports.every(({ done }) => !done));
  const stored = (await readScans(harness.bus)).length;
  assert.ok(stored >= 5 && stored < 80, `${stored} stored`);
  const counts = await importPath(createIngestor(t, harness, 'second'), folder);
  assert.equal(counts.duplicates, stored);
  assert.equal(counts.ingested, 80 - stored);
});

test('the order of an import mixes the classes and is the same every time', async (t) => {
  const files = Object.fromEntries(
    Array.from({ length: 40 }, (_, index) => [
      `class ${Math.floor(index / 20)}/${String(index).padStart(2, '0')}.jpg`,
      index,
    ]),
  );
  const folder = await writeFiles(await temporaryFolder(t), files);
  const orders: string[][] = [];
  for (const order of ['mixed', 'mixed', 'sorted'] as const) {
    const harness = await startHarness(t);
    await importPath(createIngestor(t, harness), folder, { order });
    orders.push((await readScans(harness.bus)).map(({ message }) => message.source));
  }
  assert.deepEqual(orders[0], orders[1]);
  assert.deepEqual(orders[2], Object.keys(files).sort());
  const firstHalf = orders[0]!.slice(0, 20).filter((source) => source.startsWith('class 0')).length;
  assert.ok(firstHalf > 4 && firstHalf < 16, `${firstHalf} of the first 20 are of class 0`);
});

test('Training is divided between train, validation and gate, Testing is test', async (t) => {
  const harness = await startHarness(t);
  const files = Object.fromEntries(
    Array.from({ length: 60 }, (_, index) => [
      `${index < 40 ? 'Training' : 'Testing'}/class ${index % 2}/${index}.jpg`,
      index,
    ]),
  );
  const counts = await importPath(createIngestor(t, harness), await writeFiles(await temporaryFolder(t), files));
  assert.equal(counts.test, 20);
  assert.equal(counts.train + counts.validation + counts.gate, 40);
  assert.ok(counts.validation > 0 && counts.gate > 0);
  for (const { message } of await readScans(harness.bus)) {
    assert.equal(message.split === 'SPLIT_TEST', message.source.startsWith('Testing'));
    assert.match(message.label, /^class [01]$/);
  }
});

test('a folder with one class is said so in a clear line, and the import goes on', async (t) => {
  const harness = await startHarness(t);
  const warnings: string[] = [];
  const counts = await importPath(
    createIngestor(t, harness),
    await writeFiles(await temporaryFolder(t), { 'glioma/a.jpg': 1, 'glioma/b.jpg': 2 }),
    { onWarning: (line) => warnings.push(line) },
  );
  assert.equal(counts.ingested, 2);
  assert.equal(warnings.length, 1);
  assert.match(warnings[0]!, /only one class \("glioma"\).*a training that knows no second class waits/);
  assert.ok(
    (await readEvents(harness.bus)).some(({ state }) => /only one class: the images/.test(state?.message ?? '')),
    'operators see it too',
  );
});

test('a path that cannot be imported is refused with what was expected', async (t) => {
  const harness = await startHarness(t);
  const folder = await writeFiles(await temporaryFolder(t), { 'notes.txt': 'x', 'empty/.keep': '' });
  const context = createIngestor(t, harness);
  await assert.rejects(importPath(context, path.join(folder, 'missing')), { code: 'FILE_UNREADABLE' });
  await assert.rejects(
    importPath(context, path.join(folder, 'notes.txt')),
    isCode('INVALID_ARGUMENT', /folder of images or a manifest/),
  );
  await assert.rejects(
    importPath(context, path.join(folder, 'empty')),
    isCode('INVALID_ARGUMENT', /expected <class>\/<image>/),
  );
});

async function manifest(t: TestContext, text: string, files: Record<string, number | string> = {}): Promise<string> {
  const folder = await writeFiles(await temporaryFolder(t), { ...files, 'labels.csv': text });
  return path.join(folder, 'labels.csv');
}

test('a manifest gives labels, patients and splits; a file it names in vain is rejected', async (t) => {
  const harness = await startHarness(t);
  const file = await manifest(
    t,
    '\uFEFFlabel,path,patient,split\r\nglioma,a.jpg,P1,\r\n"tumour, other","sub/b.jpg",P2,Testing\r\n' +
      'glioma,c.jpg,P1,val\r\n\r\nglioma,missing.jpg,,\r\nglioma,sub,,\r\n',
    { 'a.jpg': 1, 'sub/b.jpg': 2, 'c.jpg': 3 },
  );
  const outcomes: IngestOutcome[] = [];
  const counts = await importPath(createIngestor(t, harness), file, {
    onOutcome: (outcome) => outcomes.push(outcome),
  });
  const settled = { offered: 5, ingested: 3, duplicates: 0, rejected: 2, filtered: 0, quarantined: 0 };
  assert.deepEqual(counts, { ...settled, train: 0, validation: 2, gate: 0, test: 1, nearDuplicates: 0, leaks: 0 });
  assert.deepEqual(
    outcomes
      .flatMap((outcome) => (outcome.kind === 'rejected' ? [`${outcome.source}: ${outcome.error.message}`] : []))
      .sort(),
    [
      'missing.jpg: FILE_UNREADABLE: There is no such file, or it is a link to nothing',
      'sub: FILE_UNREADABLE: It is a folder',
    ],
  );
  const scans = new Map((await readScans(harness.bus)).map(({ message }) => [message.source, message]));
  assert.equal(scans.get('sub/b.jpg')?.label, 'tumour, other');
  assert.equal(scans.get('a.jpg')?.split, 'SPLIT_VALIDATION', "a patient's split on one line holds for all her lines");
  assert.equal(scans.get('a.jpg')?.patientId, scans.get('c.jpg')?.patientId);
  assert.notEqual(scans.get('a.jpg')?.patientId, 'P1');
});

test('all mistakes of a manifest are reported at once with their lines, and nothing is imported', async (t) => {
  const harness = await startHarness(t);
  const file = await manifest(
    t,
    [
      'path,label,patient,split',
      'a.jpg,glioma,P1,train',
      ',glioma,P2,',
      'b.jpg,glioma',
      'c.jpg,glioma,P1,test',
      'd.jpg,glioma,P3,holdout',
      `e.jpg,${'x'.repeat(200)},P4,`,
    ].join('\n'),
    { 'a.jpg': 1 },
  );
  await assert.rejects(
    importPath(createIngestor(t, harness), file),
    (error: Error & { code: string; details: { mistakes: string[] } }) => {
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.deepEqual(error.details.mistakes.sort(), [
        'labels.csv line 3: the path is empty',
        'labels.csv line 4: 2 values for 4 columns',
        'labels.csv line 5: the patient is in "test" here and in "train" on line 2',
        'labels.csv line 6: there is no split "holdout" (known: train, validation, gate, test)',
        'labels.csv line 7: The label has 200 characters, at most 128 are allowed',
      ]);
      return true;
    },
  );
  assert.equal((await readScans(harness.bus)).length, 0);
});

test('a manifest without the needed columns, or without lines, is refused', async (t) => {
  const harness = await startHarness(t);
  const context = createIngestor(t, harness);
  await assert.rejects(
    importPath(context, await manifest(t, 'where,what\na.jpg,glioma\n')),
    /no column "where"[^]*no column "what"[^]*column "path" is missing[^]*column "label" is missing/,
  );
  await assert.rejects(importPath(context, await manifest(t, 'path,label\n')), /lists no images/);
  await assert.rejects(importPath(context, await manifest(t, 'path,label\n"a.jpg,glioma\n')), /is no CSV/);
});

const listed = async (t: TestContext, text: string, columns?: string[]) =>
  (await listData(await manifest(t, text), { columns: columns && parseColumns(columns) })).map(
    ({ source, label, patientId }) => [source, label, patientId].filter((each) => each !== undefined).join(' '),
  );

test('columns of a manifest are found by synonyms, by given names, by place, and where none are named', async (t) => {
  const images = ['a.jpg cat', 'sub/b.png dog'];
  assert.deepEqual(await listed(t, 'File_Name,Class\na.jpg,cat\nsub/b.png,dog\n'), images);
  assert.deepEqual(await listed(t, 'a.jpg,cat\nsub/b.png,dog\n'), images);
  assert.deepEqual(
    await listed(t, 'n,Where it is,kind,who\n1,a.jpg,cat,P1\n2,sub/b.png,dog,\n', ['path=where it is', 'label=kind']),
    images,
  );
  assert.deepEqual(await listed(t, 'P1,cat,a\nP2,dog,b\n', ['path=2', 'label=1', 'patient=0']), [
    'a cat P1',
    'b dog P2',
  ]);
});

test('columns that are not there, not named or named twice are said with what to do', async (t) => {
  await assert.rejects(listed(t, 'where,what\na.jpg,cat\n'), /no column "where"[^]*--columns path=file,label=class/);
  await assert.rejects(listed(t, 'file,path,label\na,b,c\n'), /a column stands twice: "file", "path"/);
  await assert.rejects(
    listed(t, 'a,b\nx,y\n', ['path=a', 'label=c']),
    /no column "c" for the label \(there are: a, b\)/,
  );
  await assert.rejects(listed(t, 'x.jpg,y\n', ['path=0', 'label=7']), /no column "7" for the label/);
  assert.throws(() => parseColumns(['path=a']), isCode('INVALID_CONFIG', /does not name the label/));
  assert.throws(
    () => parseColumns(['path=a', 'colour=b']),
    isCode('INVALID_CONFIG', /"colour=b": expected one of path/),
  );
});

test('a folder with a manifest for each part is read by these; a patient in two of them is a mistake', async (t) => {
  const harness = await startHarness(t);
  const folder = await writeFiles(await temporaryFolder(t), {
    ...Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`train/${index}.jpg`, index])),
    'test/x.jpg': 40,
    'test/y.jpg': 41,
    'training_meta.csv': Array.from({ length: 30 }, (_, index) => `train/${index}.jpg,${index % 2}`).join('\n'),
    'val_meta.csv': 'test/x.jpg,0\n',
    'test_meta.csv': 'test/y.jpg,1\n',
  });
  const counts = await importPath(createIngestor(t, harness), folder);
  assert.equal(counts.ingested, 32);
  const scans = new Map((await readScans(harness.bus)).map(({ message }) => [message.source, message]));
  assert.deepEqual(
    [scans.get('test/x.jpg')?.split, scans.get('test/y.jpg')?.split],
    ['SPLIT_VALIDATION', 'SPLIT_TEST'],
  );
  assert.ok([...scans.values()].every(({ source, split }) => split !== 'SPLIT_TEST' || source === 'test/y.jpg'));
  assert.equal(scans.get('train/3.jpg')?.label, '1');

  await writeFile(path.join(folder, 'training_meta.csv'), 'path,label,patient\ntrain/1.jpg,0,P1\n');
  await writeFile(path.join(folder, 'test_meta.csv'), 'path,label,patient\ntest/y.jpg,1,P1\n');
  await assert.rejects(listData(folder), /training_meta.csv line 2: the patient is in the manifest of "test" too/);
});

test('folders beside manifests are not judged: their images have the labels of these', async (t) => {
  const folder = await writeFiles(await temporaryFolder(t), { 'train/a.jpg': 1, 'train/b.jpg': 2, 'test/c.jpg': 3 });
  await writeFile(path.join(folder, 'training_meta.csv'), 'path,label\ntrain/a.jpg,cat\ntrain/b.jpg,dog\n');
  await writeFile(path.join(folder, 'test_meta.csv'), 'path,label\ntest/c.jpg,cat\n');
  const warnings: string[] = [];
  const context = createIngestor(t, await startHarness(t));
  const counts = await importPath(context, folder, { onWarning: (line) => warnings.push(line) });
  assert.deepEqual([counts.ingested, counts.test], [3, 1]);
  assert.deepEqual(warnings, []);
});

test('split by image, one patient is on several sides, in the shares asked for, and that is warned of', async (t) => {
  const harness = await startHarness(t, { SULCUS_SPLIT_BY: 'image', SULCUS_SPLIT_SHARES: '80/20/0/0' });
  const names = Array.from({ length: 60 }, (_, index) => `${index}.jpg`);
  const file = await manifest(
    t,
    `path,label,patient\n${names.map((name, index) => `${name},${index % 2},P1`).join('\n')}`,
    Object.fromEntries(names.map((name, index) => [name, index])),
  );
  const warnings: string[] = [];
  const counts = await importPath(createIngestor(t, harness), file, { onWarning: (line) => warnings.push(line) });
  assert.deepEqual([counts.train + counts.validation, counts.gate, counts.test], [60, 0, 0]);
  assert.ok(Math.abs(counts.validation - 12) < 4 * Math.sqrt(60 * 0.2 * 0.8), String(counts.validation));
  assert.ok(counts.validation > 0);
  assert.match(warnings.join(), /SULCUS_SPLIT_BY=image: images of one patient are on several sides/);
  const byPatient = await startHarness(t, { SULCUS_SPLIT_SHARES: '80/20/0/0' });
  const together = await importPath(createIngestor(t, byPatient), file, { onWarning: (line) => warnings.push(line) });
  assert.deepEqual([Math.max(together.train, together.validation), warnings.length], [60, 1]);
});

test('what a manifest or a link names outside the folder is refused by name and never read', async (t) => {
  const harness = await startHarness(t);
  const outside = await writeFiles(await temporaryFolder(t), { 'glioma/secret.jpg': 7, 'key.txt': 'the key' });
  const folder = await writeFiles(await temporaryFolder(t), { 'glioma/a.jpg': 1, 'notumor/b.jpg': 2 });
  await symlink(path.join(outside, 'key.txt'), path.join(folder, 'glioma', 'key.jpg'));
  await symlink(path.join(outside, 'glioma'), path.join(folder, 'glioma', 'elsewhere'));
  await symlink('/proc/self/environ', path.join(folder, 'glioma', 'environ.jpg'));
  await symlink('/dev/zero', path.join(folder, 'glioma', 'zero.jpg'));
  await symlink(path.join(folder, 'notumor', 'b.jpg'), path.join(folder, 'glioma', 'inside.jpg'));
  const secret = `../../${path.basename(outside)}/glioma/secret.jpg`;
  const list = `path,label\n${secret},glioma\n/proc/self/environ,glioma\na.jpg,x`;
  await writeFile(path.join(folder, 'glioma', 'list.csv'), list);
  const context = createIngestor(t, harness);
  await importPath(context, folder);
  await importPath(context, path.join(folder, 'glioma', 'list.csv'));

  const letters = await readDeadLetters(harness.bus);
  const refused = letters.filter(({ code }) => code === 'PERMISSION_DENIED');
  assert.deepEqual(refused.map(({ source }) => source.replace(/.*\/(?=[^/]+$)/, '')).sort(), [
    'elsewhere',
    'environ',
    'environ.jpg',
    'key.jpg',
    'secret.jpg',
    'zero.jpg',
  ]);
  for (const letter of refused) assert.equal(letter.original, null);
  const kept = JSON.stringify(letters.map(({ original }) => original?.inline?.toString('latin1') ?? ''));
  assert.doesNotMatch(kept, /the key|PATH=/);
  assert.equal(harness.logged.length > 0, true);
  assert.equal((await readScans(harness.bus)).length, 2);
});

test('files outside are read when that is asked for, those of the system never', async (t) => {
  const harness = await startHarness(t);
  const outside = await writeFiles(await temporaryFolder(t), { 'glioma/a.jpg': 7 });
  const folder = await writeFiles(await temporaryFolder(t), { 'notumor/b.jpg': 2 });
  await symlink(path.join(outside, 'glioma'), path.join(folder, 'glioma'));
  await symlink('/proc/self/environ', path.join(folder, 'notumor', 'environ.jpg'));
  await importPath(createIngestor(t, harness), folder, { readsOutside: true });
  assert.equal((await readScans(harness.bus)).length, 2);
  assert.deepEqual(
    (await readDeadLetters(harness.bus)).map(({ code }) => code),
    ['PERMISSION_DENIED'],
  );
});

test('a pipe that nobody writes to is refused and not waited for', async (t) => {
  const harness = await startHarness(t);
  const folder = await writeFiles(await temporaryFolder(t), { 'notumor/b.jpg': 2 });
  execFileSync('mkfifo', [path.join(folder, 'notumor', 'pipe.jpg')]);
  await importPath(createIngestor(t, harness), folder);
  assert.deepEqual(
    (await readDeadLetters(harness.bus)).map(({ cause }) => cause),
    ['It is no regular file'],
  );
});

test('a class may have any name, also one that means something to JavaScript', async (t) => {
  const harness = await startHarness(t);
  const names = ['__proto__', 'constructor', 'hasOwnProperty', 'valueOf'];
  const folder = await temporaryFolder(t);
  await writeFiles(folder, Object.fromEntries(names.map((name, seed) => [`${name}/a.jpg`, seed + 50])));
  await importPath(createIngestor(t, harness), folder);
  const labels = (await readScans(harness.bus)).map(({ message }) => message.label);
  assert.deepEqual(labels.sort(), [...names].sort());
});
