import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
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
