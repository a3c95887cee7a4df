import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { dataSetOf, textElement } from '#libs/dicom';
import { StudyRegister, type RegisteredObject } from '../../../services/ingest/register/study-register.js';

const KEY = Buffer.alloc(32, 7);

async function openRegister(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-register-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const register = new StudyRegister(folder, KEY);
  t.after(() => register.close());
  const add = (study: string, sopInstanceUid: string): Promise<void> =>
    register.add(study, dataSetOf([textElement('StudyInstanceUID', `uid of ${study}`)]), objectOf(sopInstanceUid));
  return { folder, register, add };
}

const objectOf = (sopInstanceUid: string): RegisteredObject => ({
  ...{ sopClassUid: '1.2', sopInstanceUid, seriesUid: '1.3', modality: 'MR', sampleIds: [] },
});

/** What another process reads of a study. */
const uidsIn = async (folder: string, study: string): Promise<string[] | undefined> =>
  (await new StudyRegister(folder, KEY).study(study))?.objects.map(({ sopInstanceUid }) => sopInstanceUid);

test('objects of more studies than have their files open are all kept, each with its own', async (t) => {
  const { folder, add } = await openRegister(t);
  const studies = Array.from({ length: 20 }, (_, study) => `study-${study}`);
  for (const uid of ['1', '2', '3']) await Promise.all(studies.map((study) => add(study, `${study}.${uid}`)));
  for (const study of studies)
    assert.deepEqual(await uidsIn(folder, study), [`${study}.1`, `${study}.2`, `${study}.3`]);
});

test('what comes of a study whose file was deleted meanwhile is in a new file', async (t) => {
  const { folder, register, add } = await openRegister(t);
  await add('study', '1');
  await rm(path.join(folder, 'study'));
  await add('study', '2');
  assert.deepEqual(await readdir(folder), ['study']);
  assert.deepEqual(await uidsIn(folder, 'study'), ['2']);
  await register.close();
  await add('study', '3');
  assert.deepEqual(await uidsIn(folder, 'study'), ['2', '3']);
});
