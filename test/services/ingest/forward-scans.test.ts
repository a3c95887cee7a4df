import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { AccessPolicy, createAuthority, issueCertificate, type Role, type ServerSecurity } from '#libs/access';
import type { ForwardedScanInput, ImageAck, ScanInput } from '#libs/contracts';
import { createClient } from '#libs/rpc';
import { IngestService } from '#services/ingest';
import { isCode } from '../../helpers/errors.js';
import { noiseImage } from '../../helpers/images.js';
import { sliceBytes } from './dicom/_objects.js';
import { collect, harnessLog, readDeadLetters, readScans, startHarness, startService } from './_ingest.js';

/** A sample as an edge of the site "north" sends it. */
async function forwarded(seed: number, scan: ScanInput = {}): Promise<ForwardedScanInput> {
  const image = (scan.image?.inline as Buffer | undefined) ?? (await noiseImage(seed, { format: 'png' }));
  return {
    scan: {
      sampleId: createHash('sha256').update(image).digest('hex'),
      patientId: `north-${'0'.repeat(18)}${String(seed).padStart(2, '0')}`,
      studyId: '',
      site: 'north',
      split: 'SPLIT_TRAIN',
      label: 'glioma',
      format: 'png',
      ...{ width: 24, height: 24, channels: 1 },
      receivedUnixMs: 1_700_000_000_000,
      source: `slice ${seed}`,
      ...scan,
      image: { inline: image },
    },
    // Each picture looks like no other.
    perceptualHash: Uint8Array.from({ length: 256 }, (_, index) => (index * (seed + 1) * 37) % 256),
    splitByIdentity: true,
  };
}

describe('samples that an edge sends', () => {
  test('are stored as they are, of whatever site, and known when they come again', async (t) => {
    const harness = await startHarness(t);
    const { client } = await startService(t, harness);
    const sent = await Promise.all([1, 2, 3].map((seed) => forwarded(seed)));
    const first = await collect<ImageAck>(client.forwardScans(sent));
    assert.deepEqual(
      first.map(({ name, outcome }) => [name, outcome]),
      sent.map(({ scan }) => [scan!.sampleId, 'OUTCOME_INGESTED']),
    );
    const again = await collect<ImageAck>(client.forwardScans(sent));
    assert.ok(again.every(({ outcome }) => outcome === 'OUTCOME_DUPLICATE'));
    const scans = await readScans(harness.bus);
    assert.equal(scans.length, 3);
    assert.deepEqual(
      scans.map(({ message }) => [message.site, message.patientId, message.split, message.label]),
      sent.map(({ scan }) => ['north', scan!.patientId, 'SPLIT_TRAIN', 'glioma']),
    );
    assert.equal(scans[0]!.message.receivedUnixMs, 1_700_000_000_000);
  });

  test('are refused one by one when they are not what they say; the others go through', async (t) => {
    const harness = await startHarness(t);
    const { client } = await startService(t, harness);
    const identified = sliceBytes();
    const wrong: [ScanInput, RegExp][] = [
      [{ sampleId: '0'.repeat(64) }, /another hash/],
      [{ patientId: 'MRN-1234567' }, /no pseudonym/],
      [{ patientId: `south-${'0'.repeat(20)}` }, /no pseudonym/],
      [{ studyId: '1.2.3.4' }, /no pseudonym/],
      [{ site: 'North!' }, /no name of a site/],
      [{ split: 'SPLIT_UNSPECIFIED' }, /no split/],
      [{ format: 'jpeg' }, /no jpeg/],
      [{ width: 100_000, height: 100_000 }, /not taken in/],
      [{ format: 'dicom', image: { inline: identified } }, /not de-identified/],
      [{ format: 'dicom' }, /cannot be read/],
      [{ label: 'a\u0000b' }, /control characters/],
      [{ source: 'x'.repeat(2000) }, /source has more than/],
      [{ receivedUnixMs: 2 ** 60 }, /no time/],
      [{ dicom: { modality: 'MR\r\nSplit: test' } }, /modality is no code/],
    ];
    const sent = await Promise.all(wrong.map(([scan], seed) => forwarded(seed, scan)));
    const acks = await collect<ImageAck>(client.forwardScans([...sent, await forwarded(50)]));
    wrong.forEach(([scan, reason], index) => {
      assert.equal(acks[index]!.outcome, 'OUTCOME_REJECTED', JSON.stringify(scan));
      assert.match(acks[index]!.errorMessage, reason);
    });
    assert.equal(acks.at(-1)!.outcome, 'OUTCOME_INGESTED');
    assert.equal((await readScans(harness.bus)).length, 1);
    // They are kept by the edge that sent them.
    assert.deepEqual(await readDeadLetters(harness.bus), []);
  });

  test('whose images come in parts are whole; one too long in all is refused, and the next is taken', async (t) => {
    const harness = await startHarness(t, { SULCUS_MAX_FILE_BYTES: '100000' });
    const { client } = await startService(t, harness);
    const inParts = async (seed: number, sizePx: number): Promise<ForwardedScanInput[]> => {
      const image = await noiseImage(seed, { format: 'png', width: sizePx, height: sizePx });
      const whole = await forwarded(seed, { image: { inline: image }, width: sizePx, height: sizePx });
      const { scan } = whole;
      const [one, two] = [Math.floor(image.length / 3), Math.floor(image.length / 2)];
      return [
        { part: image.subarray(0, one) },
        { part: image.subarray(one, two) },
        { ...whole, scan: { ...scan, image: { inline: image.subarray(two) } } },
      ];
    };
    const sent = [...(await inParts(1, 100)), ...(await inParts(2, 400)), await forwarded(3)];
    const acks = await collect<ImageAck>(client.forwardScans(sent));
    assert.deepEqual(
      acks.map(({ outcome, errorCode }) => [outcome, errorCode]),
      [
        ['OUTCOME_INGESTED', ''],
        ['OUTCOME_REJECTED', 'INVALID_ARGUMENT'],
        ['OUTCOME_INGESTED', ''],
      ],
    );
    assert.match(acks[1]!.errorMessage, /more than 100000 bytes/);
    const [{ message }] = (await readScans(harness.bus)) as [Awaited<ReturnType<typeof readScans>>[number]];
    assert.deepEqual(message.image!.inline, await noiseImage(1, { format: 'png', width: 100, height: 100 }));
  });

  test('and what an edge asks and tells of studies is of its own site alone, and of pseudonyms', async (t) => {
    const harness = await startHarness(t);
    const { client } = await startService(t, harness);
    const sent = await Promise.all([1, 2].map((seed) => forwarded(seed)));
    await collect<ImageAck>(client.forwardScans(sent));
    const sampleIds = [...sent.map(({ scan }) => scan!.sampleId!), 'f'.repeat(64)];
    assert.deepEqual((await client.findDurable({ site: 'north', sampleIds })).sampleIds, sampleIds.slice(0, 2));
    assert.deepEqual((await client.findDurable({ site: 'south', sampleIds })).sampleIds, []);
    const studyId = `north-${'0'.repeat(20)}`;
    await client.completeStudy({ site: 'north', studyId, samples: 2 });
    for (const wrong of [
      () => client.findDurable({ site: 'north', sampleIds: ['a name'] }),
      () => client.findDurable({ site: 'north', sampleIds: Array(1001).fill(sampleIds[0]) }),
      () => client.findDurable({ site: 'a.*', sampleIds: [] }),
      () => client.completeStudy({ site: 'south', studyId, samples: 2 }),
      () => client.completeStudy({ site: 'north', studyId: 'north-1.2.3', samples: 2 }),
      () => client.completeStudy({ site: 'north', studyId, samples: 0 }),
    ])
      await assert.rejects(wrong(), isCode('INVALID_ARGUMENT'));
  });
});

const authority = createAuthority('authority of the test', 2);

async function startSecure(t: TestContext) {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-forward-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  const filesOf = async (name: string, uri: string) => {
    const pair = issueCertificate(authority, { name, uri, hosts: ['127.0.0.1', 'localhost'] }, 1);
    const files = { certificate: path.join(folder, `${name}.pem`), key: path.join(folder, `${name}.key`) };
    await writeFile(files.key, pair.key);
    await writeFile(files.certificate, pair.certificate);
    return files;
  };
  const authorities = path.join(folder, 'ca.pem');
  await writeFile(authorities, authority.certificate);
  const site = (name: string) => ({ uri: `spiffe://sulcus/site/${name}`, site: name, roles: ['upload'] as Role[] });
  const security: ServerSecurity = {
    tls: { ...(await filesOf('core', 'spiffe://sulcus/service/ingest')), authorities },
    policy: new AccessPolicy([site('north'), site('south')]),
    insecure: false,
  };
  const harness = await startHarness(t);
  const config = { ...harness.config, security };
  const service = await IngestService.start({ bus: harness.bus, config, log: harnessLog(harness), instance: 'core' });
  t.after(() => service.stop(0));
  const clientOf = async (name: string) => {
    const tls = { ...(await filesOf(name, `spiffe://sulcus/site/${name}`)), authorities };
    const client = createClient('Ingest', service.address, { security: { tls } });
    t.after(() => client.close());
    return client;
  };
  return { harness, clientOf };
}

describe('an ingest at the core', () => {
  test("takes an edge's samples for the site of its certificate, and for no other", async (t) => {
    const { harness, clientOf } = await startSecure(t);
    const [north, south] = [await clientOf('north'), await clientOf('south')];
    const acks = await collect<ImageAck>(north.forwardScans([await forwarded(1)]));
    assert.equal(acks[0]!.outcome, 'OUTCOME_INGESTED');
    await assert.rejects(
      collect(south.forwardScans([await forwarded(2)])),
      isCode('PERMISSION_DENIED', /"south" may not send for "north"/),
    );
    const studyId = `north-${'0'.repeat(20)}`;
    const denied = isCode('PERMISSION_DENIED', /"south" may not send for "north"/);
    await assert.rejects(south.completeStudy({ site: 'north', studyId, samples: 1 }), denied);
    await assert.rejects(south.findDurable({ site: 'north', sampleIds: [] }), denied);
    // Images that are not de-identified yet are taken in for its own site alone.
    await assert.rejects(collect(north.uploadImagesAcked([{ name: 'a' }])), isCode('PERMISSION_DENIED', /site-a/));
    assert.equal((await readScans(harness.bus)).length, 1);
  });

  test('says who it is, who asks, and what its clock says', async (t) => {
    const { clientOf } = await startSecure(t);
    const before = Date.now();
    const said = await (await clientOf('north')).describe({});
    assert.match(said.version, /^\d+\.\d+\.\d+/);
    assert.equal(said.caller, 'spiffe://sulcus/site/north');
    assert.equal(said.callerSite, 'north');
    assert.ok(said.timeUnixMs >= before && said.timeUnixMs <= Date.now());
    assert.equal(said.maxMessageBytes, 16 * 2 ** 20);
  });
});
