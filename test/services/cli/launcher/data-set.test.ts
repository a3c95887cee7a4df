import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { openDataSet } from '../../../../services/cli/launcher/data-set.js';
import { runsFolder } from '../../../../services/cli/shared/paths.js';

test('phantoms that cannot be written are said, with what to do instead', async (t) => {
  const seed = 987_654_321;
  const folder = path.join(runsFolder(), 'phantoms');
  const draft = path.join(folder, `2-by-2-seed-${seed}.${process.pid}.draft`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(draft, 'a file where a folder is to be');
  t.after(() => rmSync(draft, { force: true }));
  const dataSet = await openDataSet({ data: undefined, phantoms: 2, seed });
  await assert.rejects(
    dataSet.prepare(() => undefined),
    { message: /No phantoms can be made in .*phantoms \(.*\): .*--data/ },
  );
});

test('a class of which there are only a few files is named', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'sulcus-data-set-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const [label, count] of [
    ['glioma', 12],
    ['notumor', 1],
  ] as const) {
    mkdirSync(path.join(folder, label));
    for (let file = 0; file < count; file++) writeFileSync(path.join(folder, label, `${file}.png`), '');
  }
  const { classes, description } = await openDataSet({ data: folder, phantoms: 2, seed: 1 });
  assert.deepEqual(classes, ['glioma', 'notumor']);
  assert.match(description, /^13 files of 2 classes in .*; of notumor only 1: too few to learn and to measure$/);
});
