import assert from 'node:assert/strict';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, test } from 'node:test';
import { codecs, type ImageAck } from '#libs/contracts';
import { subjects } from '#libs/bus';
import { Withdrawals } from '#libs/withdrawals';
import { runDcmtk, withoutDcmtk } from '../../helpers/dcmtk.js';
import { isCode } from '../../helpers/errors.js';
import { filesBelow, Identifiers, namedDicom, namedImage } from '../../helpers/identifiers.js';
import { until } from '../../helpers/until.js';
import { sliceBytes } from '../ingest/dicom/_objects.js';
import { samplesOnScans, startSite, temporaryFolder, uploads, type Edge } from './_edge.js';

const isEmptied = async ({ service }: Edge): Promise<boolean> => (await service.status()).spool.samples === 0;

const DICOM = { SULCUS_DICOM_ADDRESS: '127.0.0.1:0', SULCUS_DICOM_CALLERS: 'MR1', SULCUS_DICOM_WAIT: '500ms' };

const WITHDRAWAL = { reason: 'consent', timeUnixMs: 1, patientId: '', sequences: [] };

async function sliceFile(folder: string, ...parameters: Parameters<typeof sliceBytes>): Promise<string> {
  const file = path.join(folder, `${parameters[1] ?? 1}.dcm`);
  await writeFile(file, sliceBytes(...parameters));
  return file;
}

describe('the doors of an edge', { concurrency: 2 }, () => {
  test('DICOM comes de-identified to the core, and is not de-identified there again', {
    skip: withoutDcmtk,
  }, async (t) => {
    const site = await startSite(t, DICOM);
    const folder = await temporaryFolder(t);
    const files = await Promise.all([1, 2, 3].map((seed) => sliceFile(folder, {}, seed)));
    const to = ['-aet', 'MR1', '-aec', 'SULCUS', '127.0.0.1', String(site.service.dicomPort)];
    const { code, output } = await runDcmtk('storescu', [...to, ...files]);
    assert.equal(code, 0, output);
    await until(() => isEmptied(site), 'an empty spool');
    const [sampleId, ...others] = await samplesOnScans(site.core.bus);
    assert.equal(others.length, 2);
    const { message } = (await site.core.bus.getLast('SCANS', subjects.scan('north', sampleId!), codecs.Scan))!;
    assert.match(message.patientId, /^north-[0-9a-f]{20}$/);
    assert.match(message.studyId, /^north-[0-9a-f]{20}$/);
    assert.equal(message.dicom!.modality, 'MR');
    assert.doesNotMatch(Buffer.from(message.image!.inline!).toString('latin1'), /Doe|MRN-1234567|1\.2\.3\.4\./);
    // Sent again, another time: nothing is added.
    assert.equal((await runDcmtk('storescu', [...to, ...files])).code, 0);
    await until(() => isEmptied(site), 'an empty spool');
    assert.equal((await samplesOnScans(site.core.bus)).length, 3);
  });

  test('a full spool is told: 0xA700 to scanners, RESOURCE_EXHAUSTED over gRPC; nothing that was accepted is lost', {
    skip: withoutDcmtk,
  }, async (t) => {
    const site = await startSite(t, {
      ...DICOM,
      SULCUS_EDGE_SPOOL_BYTES: '6000',
      SULCUS_INGEST_RETRY_TIMEOUT: '500ms',
    });
    await site.core.stop();
    const folder = await temporaryFolder(t);
    const to = ['-aet', 'MR1', '-aec', 'SULCUS', '127.0.0.1', String(site.service.dicomPort)];
    const files = await Promise.all([1, 2, 3].map((seed) => sliceFile(folder, {}, seed)));
    const { code, output } = await runDcmtk('storescu', ['-v', ...to, ...files]);
    assert.equal(code, 0xa7, output);
    const accepted = output.match(/Received Store Response \(Success\)/g)!.length;
    assert.ok(accepted >= 1 && accepted < 3, output);
    const sending = async (): Promise<void> => {
      for await (const _ of site.client.uploadImagesAcked(await uploads(10)));
    };
    await assert.rejects(sending(), isCode('BACKPRESSURE', /spool is full/));
    const { spool } = await site.service.status();
    assert.ok(spool.bytes <= 6000);
    await site.core.start();
    await until(() => isEmptied(site), 'an empty spool');
    assert.equal((await samplesOnScans(site.core.bus)).length, spool.samples);
    assert.equal((await runDcmtk('storescu', [...to, ...files])).code, 0);
  });

  test('what is not taken in, and what happens to associations, is counted by its reason', {
    skip: withoutDcmtk,
  }, async (t) => {
    const site = await startSite(t, DICOM);
    const folder = await temporaryFolder(t);
    const localizer = await sliceFile(folder, { ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, 1);
    const burned = await sliceFile(folder, { BurnedInAnnotation: 'YES' }, 2);
    const good = await sliceFile(folder, {}, 3);
    const to = ['-aec', 'SULCUS', '127.0.0.1', String(site.service.dicomPort)];
    await runDcmtk('storescu', ['-nh', '-aet', 'MR1', ...to, localizer, burned, localizer]);
    await runDcmtk('storescu', ['--abort', '-aet', 'MR1', ...to, good]);
    await runDcmtk('echoscu', ['-aet', 'STRANGER', ...to]);
    await until(async () => (await site.service.status()).dicom?.associations === 0, 'no association is open');
    const { reasons, dicom } = await site.service.status();
    assert.deepEqual(reasons, { localizer: 2, IMAGE_UNSUPPORTED: 1 });
    assert.deepEqual(dicom?.noticed, { aborted: 1, 'refused-caller': 1 });
  });

  test('a watched folder is taken in, and once', async (t) => {
    const watched = await temporaryFolder(t);
    await mkdir(path.join(watched, 'glioma'));
    const site = await startSite(t, { SULCUS_WATCH_DIR: watched });
    for (const { name, image } of await uploads(5)) await writeFile(path.join(watched, 'glioma', `${name}.png`), image);
    await until(async () => (await samplesOnScans(site.core.bus)).length === 5, 'five samples at the core');
    assert.equal((await site.service.status()).doors.offered, 5);
  });

  test('what is refused stays at the site, with the cause, and nothing of it is sent', async (t) => {
    const site = await startSite(t);
    for await (const ack of site.client.uploadImagesAcked([{ name: 'a', image: Buffer.from('no image') }]))
      assert.equal(ack.outcome, 'OUTCOME_REJECTED');
    const kept = await readdir(path.join(site.dataDir, 'refused'));
    assert.equal(kept.filter((name) => name.endsWith('.bin')).length, 1);
    assert.equal((await site.core.bus.stats()).DEAD.messages, 0);
  });

  test('names planted in images and objects are in no file of the spool, and in none of the core', async (t) => {
    const names = new Identifiers('edge');
    const site = await startSite(t);
    await site.core.stop();
    const formats = ['png', 'jpeg', 'webp', 'tiff'] as const;
    const images = [...(await Promise.all(formats.map((format) => namedImage(names, format)))), namedDicom(names)];
    const requests = images.map((image) => ({ image, name: names.next('name'), patientId: names.next('patient') }));
    for await (const { outcome } of site.client.uploadImagesAcked(requests)) assert.equal(outcome, 'OUTCOME_INGESTED');
    const waiting = await filesBelow(path.join(site.dataDir, 'spool/waiting'));
    assert.equal((await site.service.status()).spool.samples, images.length);
    assert.ok(Buffer.concat([...waiting.values()]).includes('north-'), 'the spool was read');
    await site.core.start();
    await until(() => isEmptied(site), 'an empty spool');
    const atCore = await filesBelow(site.core.nats.storeFolder);
    assert.ok(Buffer.concat([...atCore.values()]).includes('north-'), 'the store was read');
    for (const [file, content] of [...waiting, ...atCore]) assert.deepEqual(names.foundIn(content), [], file);
    assert.deepEqual(names.foundIn(Buffer.from(JSON.stringify(site.logged))), []);
  });

  test('what was withdrawn at the core is deleted at the edge too', async (t) => {
    const site = await startSite(t);
    await site.core.stop();
    const acks: ImageAck[] = [];
    for await (const ack of site.client.uploadImagesAcked(await uploads(3))) acks.push(ack);
    await new Withdrawals(site.core.bus).addSample(acks[1]!.sampleId, WITHDRAWAL);
    await site.core.start();
    await until(() => isEmptied(site), 'an empty spool');
    const { forwarded, spool } = await site.service.status();
    assert.deepEqual([forwarded.stored, forwarded.withdrawn, spool.refused], [2, 1, 0]);
  });
});
