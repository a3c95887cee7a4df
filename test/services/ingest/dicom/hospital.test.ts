import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { sliceGeometry } from '#libs/dicom';
import { writePhantomStudies } from '#libs/imaging';
import { importPath } from '#services/ingest';
import { createIngestor, readScans, startHarness, temporaryFolder } from '../_ingest.js';
import { parsed } from './_objects.js';

const run = promisify(execFile);
const SULCUS = [path.resolve('dist/services/cli/main.js')];

test('a hospital of phantoms is imported: labels from its manifest, localizers left, planes as drawn', async (t) => {
  const folder = await temporaryFolder(t);
  const { images, patients, manifest } = await writePhantomStudies(folder, {
    ...{ perClass: 4, slicesPerPatient: 2, sizePx: 32, seed: 3 },
  });
  assert.deepEqual({ images, patients }, { images: 16, patients: 8 });
  const harness = await startHarness(t, { SULCUS_DATA_DIR: await temporaryFolder(t) });
  const context = createIngestor(t, harness);
  const labelled = await importPath(context, manifest);
  assert.deepEqual({ ingested: labelled.ingested, filtered: labelled.filtered }, { ingested: 16, filtered: 0 });
  const scans = await readScans(harness.bus);
  assert.deepEqual(new Set(scans.map(({ message }) => message.label)).size, 4);
  assert.equal(new Set(scans.map(({ message }) => message.studyId)).size, 8);
  for (const { message } of scans)
    assert.equal(message.dicom?.plane, sliceGeometry(parsed(message.image!.inline!))?.plane);

  // The whole folder: the same slices again, and the localizers.
  const again = createIngestor(t, harness, 'again');
  const counts = await importPath(again, folder);
  assert.deepEqual(
    { duplicates: counts.duplicates, filtered: counts.filtered, rejected: counts.rejected },
    { duplicates: 16, filtered: 8, rejected: 0 },
  );
});

test('sulcus deidentify shows what leaves, and writes the very objects that import would send', async (t) => {
  const [folder, output, data] = [await temporaryFolder(t), await temporaryFolder(t), await temporaryFolder(t)];
  await writePhantomStudies(folder, { perClass: 1, slicesPerPatient: 1, sizePx: 32, seed: 3 });
  const env = { ...process.env, SULCUS_DATA_DIR: data, SULCUS_SITE: 'site-a' };
  const { stdout } = await run(process.execPath, [...SULCUS, 'deidentify', folder, '--output', output], { env });
  const withoutPaths = stdout.split('\n').filter((line) => line.startsWith('  '));
  assert.doesNotMatch(withoutPaths.join('\n'), /Phantom|PH-|t1 se|081500|A0000/);
  assert.equal(withoutPaths.filter((line) => /not wanted \(localizer\)/.test(line)).length, 4);
  assert.match(stdout, /\(0012,0062\) PatientIdentityRemoved +YES/);
  const written = await readdir(output);
  assert.equal(written.length, 4);
  for (const name of written)
    assert.equal(parsed(await readFile(path.join(output, name))).text('PatientIdentityRemoved'), 'YES');
});
