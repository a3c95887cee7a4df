import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { parseDicom, writeDicom } from '#libs/dicom';
import { decodeImage } from '#libs/imaging';
import { StudyIndex } from '#libs/studies';
import { importPath, Pseudonyms } from '#services/ingest';
import {
  createIngestor,
  harnessLog,
  readScans,
  startHarness,
  startService,
  temporaryFolder,
  TEST_KEY,
} from '../_ingest.js';
import { fixtureBytes, parsed, sliceBytes } from './_objects.js';

test('slices come in as samples of their study, with codes in their headers, in the order of the body', async (t) => {
  const harness = await startHarness(t, { SULCUS_DATA_DIR: await temporaryFolder(t) });
  const folder = await temporaryFolder(t);
  await mkdir(path.join(folder, 'DOE JANE'));
  for (const seed of [3, 1, 2])
    await writeFile(
      path.join(folder, 'DOE JANE', `IM${seed}`),
      sliceBytes({ BodyPartExamined: 'HEAD', RepetitionTime: '500', EchoTime: '10', ScanningSequence: 'SE' }, seed),
    );
  const counts = await importPath(createIngestor(t, harness), folder, { order: 'sorted' });
  assert.equal(counts.ingested, 3);
  const scans = await readScans(harness.bus);
  const pseudonyms = new Pseudonyms('site-a', Buffer.from(TEST_KEY));
  for (const { message, headers } of scans) {
    assert.equal(message.patientId, pseudonyms.patient('MRN-1234567'));
    assert.equal(message.studyId, pseudonyms.study('1.2.3.1'));
    assert.equal(message.label, '', 'a folder may be named after a patient');
    assert.equal(message.dicom?.windowRule, 'percentile');
    assert.equal(message.dicom?.pseudonymKey, pseudonyms.keyVersion);
    assert.match(
      headers.get('Sulcus-Dicom') ?? '',
      /^modality=MR;plane=axial;sequence=T1;bodyPart=HEAD;seriesId=2\.25\.\d+;positionMm=\d+$/,
    );
    assert.equal(message.format, 'dicom');
    const { width, height, format } = await decodeImage(message.image!.inline!);
    assert.deepEqual({ width, height, format }, { width: 32, height: 32, format: 'dicom' });
  }
  assert.equal(new Set(scans.map(({ message }) => message.split)).size, 1);

  const studies = new StudyIndex(harness.bus, harnessLog(harness));
  await studies.upToDate(AbortSignal.timeout(10_000));
  const slices = studies.slicesOf(scans[0]!.message.studyId);
  assert.deepEqual(
    slices.map(({ positionMm }) => positionMm),
    [5, 10, 15],
  );
  await studies.close();
});

test('the same image is one sample in whatever transfer syntax and by whatever door it comes', async (t) => {
  const harness = await startHarness(t, { SULCUS_DATA_DIR: await temporaryFolder(t) });
  const { client } = await startService(t, harness);
  const { ingestor } = createIngestor(t, harness);
  const first = await ingestor.ingestImage({ bytes: fixtureBytes('explicit'), source: 'a' });
  assert.equal(first.kind, 'ingested');
  const uid = parseDicom(fixtureBytes('explicit')).dataSet.get('SOPInstanceUID')!;
  for (const name of ['implicit', 'big-endian', 'rle', 'jpeg-ls', 'jpeg2000', 'jpeg-lossless']) {
    const file = parseDicom(fixtureBytes(name));
    file.dataSet.elements.set(uid.tag, uid);
    for (const keyword of ['LossyImageCompression', 'LossyImageCompressionRatio'] as const)
      assert.equal(file.dataSet.has(keyword), false, name);
    const outcome = await ingestor.ingestImage({ bytes: writeDicom(file.dataSet, file.syntax.uid), source: name });
    assert.equal(outcome.kind, 'duplicate', name);
  }
  const summary = await client.uploadImages([{ name: 'x', image: fixtureBytes('explicit') }]);
  assert.equal(Number(summary.duplicates), 1);
  assert.equal((await readScans(harness.bus)).length, 1);
});

test('each frame of an enhanced object is a sample; another picture under a known UID is held', async (t) => {
  const harness = await startHarness(t, { SULCUS_DATA_DIR: await temporaryFolder(t) });
  const { ingestor, events } = createIngestor(t, harness);
  const outcomes = await ingestor.ingestDicom({ bytes: fixtureBytes('frames-jpeg2000'), source: 'frames' });
  assert.deepEqual(
    outcomes.map(({ kind }) => kind),
    ['ingested', 'ingested', 'ingested'],
  );
  const scans = await readScans(harness.bus);
  assert.deepEqual(scans.map(({ message }) => message.dicom?.positionMm).sort(), [0, 1, 2]);
  assert.equal(
    await ingestor.ingestImage({ bytes: sliceBytes({}, 7), source: 'a' }).then(({ kind }) => kind),
    'ingested',
  );
  const other = await ingestor.ingestImage({ bytes: sliceBytes({ SOPInstanceUID: '1.2.3.4.7' }, 8), source: 'b' });
  assert.equal(other.kind === 'rejected' && other.error.code, 'ALREADY_EXISTS');
  assert.equal(events.counts.quarantined, 1);
});

test('another picture under a known UID is held after a restart too, and takes nothing from the first', async (t) => {
  const harness = await startHarness(t, { SULCUS_DATA_DIR: await temporaryFolder(t) });
  const before = createIngestor(t, harness, 'before').ingestor;
  const frames = parseDicom(fixtureBytes('frames-native'));
  const others = parseDicom(fixtureBytes('frames-native'));
  others.dataSet.get('PixelData')!.bytes = Buffer.from(others.dataSet.get('PixelData')!.bytes).reverse();
  for (const bytes of [sliceBytes({}, 7), writeDicom(frames.dataSet)])
    assert.ok((await before.ingestDicom({ bytes, source: 'a' })).every(({ kind }) => kind === 'ingested'));

  const { ingestor, events } = createIngestor(t, harness, 'after');
  const codesOf = async (bytes: Buffer): Promise<string[]> =>
    (await ingestor.ingestDicom({ bytes, source: 'b' })).map((each) =>
      each.kind === 'rejected' ? each.error.code : each.kind,
    );
  assert.deepEqual(await codesOf(sliceBytes({ SOPInstanceUID: '1.2.3.4.7' }, 8)), ['ALREADY_EXISTS']);
  assert.deepEqual(await codesOf(writeDicom(others.dataSet)), Array(3).fill('ALREADY_EXISTS'));
  assert.deepEqual(await codesOf(sliceBytes({}, 7)), ['duplicate']);
  assert.equal(events.counts.quarantined, 4);
  // Its commitment and its way back stand.
  const uids = ['1.2.3.4.7', frames.dataSet.text('SOPInstanceUID')];
  assert.deepEqual([...(await ingestor.commitment(uids)).keys()].sort(), uids.sort());
});

test('an image keeps its left and right: a slice stored mirrored hangs as one that is not', async (t) => {
  const harness = await startHarness(t, { SULCUS_DATA_DIR: await temporaryFolder(t) });
  const { ingestor } = createIngestor(t, harness);
  const plain = parsed(sliceBytes({}, 1));
  const mirrored = parsed(
    sliceBytes({ ImageOrientationPatient: '-1\\0\\0\\0\\1\\0', SOPInstanceUID: '1.2.3.4.99' }, 1),
  );
  const pixels = Buffer.from(plain.get('PixelData')!.bytes);
  for (let row = 0; row < 32; row++)
    for (let column = 0; column < 32; column++)
      pixels.writeUInt16LE(
        plain.get('PixelData')!.bytes.readUInt16LE(2 * (32 * row + column)),
        2 * (32 * row + 31 - column),
      );
  mirrored.elements.set(0x7fe00010, { ...mirrored.get('PixelData')!, bytes: pixels });
  for (const dataSet of [plain, mirrored])
    assert.equal((await ingestor.ingestImage({ bytes: writeDicom(dataSet), source: 'x' })).kind, 'ingested');
  const [left, right] = await Promise.all(
    (await readScans(harness.bus)).map(({ message }) => decodeImage(message.image!.inline!)),
  );
  assert.deepEqual(left!.data, right!.data);
});

test('a NIfTI volume is a sample for each slice of its plane, of the patient whom the manifest names', async (t) => {
  const folder = await temporaryFolder(t);
  // 6 x 5 x 4 voxels of 16 bits, as nifti1.h lays them out; 2 mm each way, RAS.
  const file = Buffer.alloc(352 + 2 * 120);
  file.writeInt32LE(348, 0);
  [3, 6, 5, 4].forEach((side, at) => file.writeInt16LE(side, 40 + 2 * at));
  file.writeInt16LE(4, 70);
  [1, 2, 2, 2].forEach((size, at) => file.writeFloatLE(size, 76 + 4 * at));
  file.writeFloatLE(352, 108);
  file.write('n+1\0', 344, 'latin1');
  for (let at = 0; at < 120; at++) file.writeInt16LE((at * 37) % 1000, 352 + 2 * at);
  await writeFile(path.join(folder, 'head.nii.gz'), gzipSync(file));
  await writeFile(path.join(folder, 'data.csv'), 'path,label,patient\nhead.nii.gz,glioma,P-7\n');
  const harness = await startHarness(t, { SULCUS_NIFTI_PLANE: 'coronal' });
  const counts = await importPath(createIngestor(t, harness), path.join(folder, 'data.csv'));
  assert.deepEqual([counts.ingested, counts.rejected], [5, 0]);
  const scans = (await readScans(harness.bus)).map(({ message }) => message);
  const pseudonym = new Pseudonyms('site-a', Buffer.from(TEST_KEY)).patient('P-7');
  assert.deepEqual(new Set(scans.map(({ patientId }) => patientId)), new Set([pseudonym]));
  assert.deepEqual(new Set(scans.map(({ dicom }) => dicom?.plane)), new Set(['coronal']));
  assert.deepEqual(new Set(scans.map(({ label }) => label)), new Set(['glioma']));
  assert.deepEqual(new Set(scans.map(({ width, height }) => `${width}x${height}`)), new Set(['6x4']));
  const again = await importPath(createIngestor(t, harness, 'again'), folder);
  assert.equal(again.ingested, 5, 'without the manifest it is another patient');
});
