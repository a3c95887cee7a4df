import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { subjects } from '#libs/bus';
import { codecs } from '#libs/contracts';
import { dataSetOf, shortsElement, tagOf, writeDicom } from '#libs/dicom';
import { Pseudonyms } from '#services/ingest';
import { completedStudies } from '../../helpers/completed-studies.js';
import { runDcmtk, withoutDcmtk } from '../../helpers/dcmtk.js';
import { runPython, withoutPynetdicom } from '../../helpers/python-peer.js';
import { until } from '../../helpers/until.js';
import { MR, slice, sliceBytes } from '../ingest/dicom/_objects.js';
import { samplesOnScans, startEdge, startSite, temporaryFolder, type Edge } from './_edge.js';

const PEERS = path.join(import.meta.dirname, '../ingest/dicom');
const DICOM = { SULCUS_DICOM_ADDRESS: '127.0.0.1:0', SULCUS_DICOM_CALLERS: 'MR1' };
const STUDY = '1.2.3.1';
const studyId = new Pseudonyms('north', Buffer.from('the key of the site in this test')).study(STUDY)!;

const isEmptied = async ({ service }: Edge): Promise<boolean> => (await service.status()).spool.samples === 0;

async function store(
  t: TestContext,
  { service }: Edge,
  ...objects: Buffer[]
): Promise<{ code: number; output: string }> {
  const folder = await temporaryFolder(t);
  const files = objects.map((_, index) => path.join(folder, `${index}.dcm`));
  await Promise.all(objects.map((object, index) => writeFile(files[index]!, object)));
  const to = ['-aet', 'MR1', '-aec', 'SULCUS', '127.0.0.1', String(service.dicomPort)];
  return await runDcmtk('storescu', ['-d', ...to, ...files]);
}

const commit = ({ service }: Edge, ...seeds: number[]) =>
  runPython<{ status: number; kept: string[]; failed: Record<string, number> }>(path.join(PEERS, 'commit.py'), [
    String(service.dicomPort),
    ...seeds.map((seed) => `${MR}=1.2.3.4.${seed}`),
  ]);

const tellSteps = ({ service }: Edge, ...messages: string[]) =>
  runPython<number[]>(path.join(PEERS, 'mpps.py'), [String(service.dicomPort), ...messages]);

/** An MR slice of so many rows and columns, 16 bits. */
function largeSlice(side: number): Buffer {
  const pixels = Buffer.alloc(2 * side * side);
  for (let at = 0; at < pixels.length; at += 2) pixels.writeUInt16LE((at * 31) % 4000, at);
  const size = [shortsElement('Rows', [side]), shortsElement('Columns', [side])];
  const more = [...size, { tag: tagOf('PixelData'), vr: 'OW', bytes: pixels }];
  return writeDicom(dataSetOf([...slice({}, 7).elements.values(), ...more]));
}

describe('an edge', { skip: withoutDcmtk || withoutPynetdicom }, () => {
  test('commits to what is on its spool while the core is away, later to what the core has, and no more', async (t) => {
    const site = await startSite(t, DICOM);
    await site.core.stop();
    assert.equal((await store(t, site, sliceBytes({}, 1), sliceBytes({}, 2))).code, 0);
    assert.deepEqual((await commit(site, 1, 2)).kept, ['1.2.3.4.1', '1.2.3.4.2']);
    await site.core.start();
    await until(() => isEmptied(site), 'an empty spool');
    const later = await commit(site, 1, 2, 9);
    assert.deepEqual([later.kept, later.failed], [['1.2.3.4.1', '1.2.3.4.2'], { '1.2.3.4.9': 0x0112 }]);
    // What the core had and has no more is safe nowhere.
    const [sampleId] = await samplesOnScans(site.core.bus);
    await site.core.bus.deleteSubject('SCANS', subjects.scan('north', sampleId!));
    assert.equal((await commit(site, 1, 2)).kept.length, 1);
  });

  test('tells the core that a study is complete, whatever the line does and after a restart', async (t) => {
    const site = await startSite(t, DICOM);
    const completed = completedStudies(t, site.core.bus);
    await site.core.stop();
    assert.deepEqual(await tellSteps(site, `create=1.9.1,${STUDY}`), [0]);
    const localizer = sliceBytes({ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, 3);
    assert.equal((await store(t, site, sliceBytes({}, 1), sliceBytes({}, 2), localizer)).code, 0);
    assert.deepEqual(await tellSteps(site, 'set=1.9.1,COMPLETED,1.2.3.4.1,1.2.3.4.3,1.2.3.4.2'), [0]);
    await site.service.stop(0);
    await site.core.start();
    await startEdge(t, site.core, site.link.address, { ...DICOM, SULCUS_DATA_DIR: site.dataDir });
    await until(() => completed.length === 1, 'the study is complete at the core');
    assert.deepEqual(completed, [{ studyId, samples: 2 }]);
    const folder = path.join(site.dataDir, 'spool', 'studies');
    await until(async () => (await readdir(folder)).length === 0, 'nothing is left to be told');
  });

  test('sends an image that fits no message in parts: the core has it whole', async (t) => {
    const site = await startSite(t, DICOM);
    // 24 MB: a message has 16, the broker takes 8.
    assert.equal((await store(t, site, largeSlice(3500))).code, 0);
    await until(() => isEmptied(site), 'an empty spool', 60_000);
    const [sampleId] = await samplesOnScans(site.core.bus);
    const { message } = (await site.core.bus.getLast('SCANS', subjects.scan('north', sampleId!), codecs.Scan))!;
    const image = await site.core.bus.fromPayload(message.image!);
    assert.ok(image.length > 24e6);
    assert.equal(createHash('sha256').update(image).digest('hex'), sampleId);
    assert.equal((await site.service.status()).forwarded.stored, 1);
  });

  test('refuses an object beyond SULCUS_MAX_FILE_BYTES as ingest does: 0110, with the limit', async (t) => {
    const site = await startSite(t, { ...DICOM, SULCUS_MAX_FILE_BYTES: '300000' });
    const { code, output } = await store(t, site, largeSlice(512));
    assert.notEqual(code, 0);
    assert.match(output, /0x0110/);
    assert.match(output, /more than 300000 bytes/);
    assert.equal((await store(t, site, sliceBytes({}, 1))).code, 0);
  });
});
