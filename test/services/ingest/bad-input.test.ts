import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import sharp from 'sharp';
import type { ErrorCode } from '#libs/errors';
import { noiseImage } from '../../helpers/images.js';
import { createIngestor, readDeadLetters, readLabels, readScans, startHarness } from './_ingest.js';

/** A JPEG whose frame header claims 60 000 x 60 000 pixels: under a kilobyte that would decode to 3.6 GB. */
async function bombJpeg(): Promise<Buffer> {
  const jpeg = Buffer.from(await noiseImage(0));
  const frameHeader = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
  jpeg.writeUInt16BE(60_000, frameHeader + 5); // height
  jpeg.writeUInt16BE(60_000, frameHeader + 7); // width
  return jpeg;
}

const frames = (count: number) =>
  Buffer.from(Uint8Array.from({ length: 16 * 16 * 3 * count }, (_, index) => (index * 31) % 251));
const animatedWebp = () =>
  sharp(frames(3), { raw: { width: 16, height: 48, channels: 3, pageHeight: 16 } })
    .webp({ loop: 0, lossless: true })
    .toBuffer();
const sixteenBitPng = () =>
  sharp(
    Uint16Array.from({ length: 3 * 256 }, (_, index) => index * 80),
    { raw: { width: 16, height: 16, channels: 3 } },
  )
    .toColourspace('rgb16')
    .png()
    .toBuffer();

type Case = [name: string, bytes: () => Buffer | Promise<Buffer>, code: ErrorCode, cause: RegExp];

const CASES: readonly Case[] = [
  ['empty.jpg', () => Buffer.alloc(0), 'IMAGE_EMPTY', /zero bytes/],
  ['text.jpg', () => Buffer.from('no image at all, just words'), 'IMAGE_UNDECODABLE', /no image/],
  ['truncated.jpg', async () => (await noiseImage(1)).subarray(0, 300), 'IMAGE_TRUNCATED', /ends too early/],
  [
    'truncated.png',
    async () => (await noiseImage(1, { format: 'png' })).subarray(0, 300),
    'IMAGE_TRUNCATED',
    /ends too early/,
  ],
  [
    'mislabelled.jpg',
    () => noiseImage(2, { format: 'png' }),
    'IMAGE_UNSUPPORTED',
    /ends in \.jpg.*PNG.*rename it to \.png/,
  ],
  ['huge.jpg', bombJpeg, 'IMAGE_TOO_LARGE', /60000 x 60000/],
  ['animated.webp', animatedWebp, 'IMAGE_UNSUPPORTED', /animation of 3 frames/],
  ['deep.png', sixteenBitPng, 'IMAGE_UNSUPPORTED', /16-bit/],
  [
    'moving.gif',
    () => Buffer.from('GIF89a\x01\x00\x01\x00\x00\x00\x00;', 'latin1'),
    'IMAGE_UNSUPPORTED',
    /GIF files are not accepted/,
  ],
];

async function startWithCases(t: TestContext) {
  const harness = await startHarness(t);
  return { harness, ...createIngestor(t, harness) };
}

test('every kind of bad image is rejected with its code, kept as it came, and the run goes on', async (t) => {
  const { harness, ingestor, events } = await startWithCases(t);
  for (const [name, makeBytes, code, cause] of CASES) {
    await t.test(name, async () => {
      const bytes = await makeBytes();
      const outcome = await ingestor.ingestImage({ bytes, source: `glioma/${name}`, label: 'glioma' });
      assert.equal(outcome.kind, 'rejected');
      assert.equal(outcome.error.code, code, outcome.error.message);
      assert.match(outcome.error.rawMessage, cause);

      const deadLetter = (await readDeadLetters(harness.bus)).at(-1)!;
      assert.equal(deadLetter.code, code);
      assert.match(deadLetter.cause, cause);
      assert.equal(deadLetter.source, `glioma/${name}`);
      assert.equal(deadLetter.service, 'ingest');
      assert.equal(deadLetter.site, 'site-a');
      assert.deepEqual(await harness.bus.fromPayload(deadLetter.original!), bytes);
    });
  }
  const good = await ingestor.ingestImage({ bytes: await noiseImage(3), source: 'glioma/good.jpg', label: 'glioma' });
  assert.equal(good.kind, 'ingested');
  assert.deepEqual(
    { ...events.counts, train: 0, validation: 0, gate: 0, test: 0 },
    {
      offered: CASES.length + 1,
      ingested: 1,
      duplicates: 0,
      rejected: CASES.length,
      train: 0,
      validation: 0,
      gate: 0,
      test: 0,
      nearDuplicates: 0,
      leaks: 0,
      filtered: 0,
      quarantined: 0,
    },
  );
  assert.equal((await readScans(harness.bus)).length, 1);
  assert.equal(harness.logged.filter(({ msg }) => msg === 'rejected').length, CASES.length, 'one clear line each');
});

test('a mislabelled image is taken when that is asked for', async (t) => {
  const harness = await startHarness(t, { SULCUS_ACCEPT_MISLABELLED: 'true' });
  const { ingestor } = createIngestor(t, harness);
  const outcome = await ingestor.ingestImage({ bytes: await noiseImage(2, { format: 'png' }), source: 'a.jpg' });
  assert.equal(outcome.kind, 'ingested');
  assert.equal((await readScans(harness.bus))[0]?.message.format, 'png');
});

test('the same content under two labels: the first stays, the second is kept as a conflict', async (t) => {
  const { harness, ingestor } = await startWithCases(t);
  const bytes = await noiseImage(4);
  const first = await ingestor.ingestImage({ bytes, source: 'glioma/a.jpg', label: 'glioma' });
  const second = await ingestor.ingestImage({ bytes, source: 'notumor/b.jpg', label: 'notumor' });
  const third = await ingestor.ingestImage({ bytes, source: 'glioma/c.jpg', label: 'glioma' });
  assert.deepEqual([first.kind, second.kind, third.kind], ['ingested', 'rejected', 'duplicate']);
  assert.ok(second.kind === 'rejected');
  assert.equal(second.error.code, 'LABEL_CONFLICT');
  assert.match(second.error.rawMessage, /"glioma" \(from glioma\/a\.jpg\).*"notumor".*annotate/);
  const [deadLetter] = await readDeadLetters(harness.bus);
  assert.equal(deadLetter?.code, 'LABEL_CONFLICT');
  assert.deepEqual(await harness.bus.fromPayload(deadLetter.original!), bytes);
  assert.equal((await readScans(harness.bus)).length, 1);
});

test('the same content under two labels at the same time is decided once', async (t) => {
  const { harness, ingestor, events } = await startWithCases(t);
  const bytes = await noiseImage(5);
  const outcomes = await Promise.all(
    ['a', 'b', 'a', 'b', 'a', 'b'].map((label) => ingestor.ingestImage({ bytes, source: `${label}/x.jpg`, label })),
  );
  const [scan] = await readScans(harness.bus);
  const expected = (label: string) => (label === scan!.message.label ? ['duplicate', 'ingested'] : ['rejected']);
  for (const outcome of outcomes)
    assert.ok(expected(outcome.source[0]!).includes(outcome.kind), `${outcome.source}: ${outcome.kind}`);
  assert.equal(events.counts.ingested, 1);
  assert.equal(events.counts.rejected, 3);
});

test('a scan says what is needed to learn from it, in its body and in its headers', async (t) => {
  const { harness, ingestor } = await startWithCases(t);
  const bytes = await noiseImage(6, { format: 'png', width: 20, height: 20 });
  const outcome = await ingestor.ingestImage({
    bytes,
    source: 'Ménière/a.png',
    label: ' Ménière ',
    patientId: 'Jane Doe 1975',
    studyId: '1.2.3',
  });
  const [stored] = await readScans(harness.bus);
  const { message: scan, subject, headers } = stored!;
  const sampleId = createHash('sha256').update(bytes).digest('hex');
  assert.ok(outcome.kind === 'ingested');
  assert.equal(outcome.sampleId, sampleId);
  assert.equal(subject, `scan.v1.site-a.${sampleId}`);
  assert.deepEqual(
    { ...scan, image: undefined, receivedUnixMs: 0, patientId: '', studyId: '' },
    {
      sampleId,
      studyId: '',
      patientId: '',
      site: 'site-a',
      split: outcome.split,
      label: 'Ménière',
      image: undefined,
      format: 'png',
      width: 20,
      height: 20,
      channels: 1,
      receivedUnixMs: 0,
      source: 'Ménière/a.png',
      dicom: null,
    },
  );
  assert.deepEqual(await harness.bus.fromPayload(scan.image!), bytes);
  assert.match(scan.patientId, /^site-a-[0-9a-f]{20}$/);
  assert.match(scan.studyId, /^site-a-[0-9a-f]{20}$/);
  assert.equal(headers.get('Sulcus-Sample-Id'), sampleId);
  assert.equal(headers.get('Sulcus-Split'), outcome.split);
  assert.equal(decodeURIComponent(headers.get('Sulcus-Label')!), 'Ménière');
  assert.equal(headers.get('Sulcus-Study-Id'), scan.studyId);
  const everything = JSON.stringify(scan) + headers.get('Sulcus-Label') + JSON.stringify(harness.logged);
  assert.doesNotMatch(everything, /Jane Doe/i);
  assert.doesNotMatch(everything, /1\.2\.3/);
});

test('images that do not fit a message travel by reference, and come back whole', async (t) => {
  const harness = await startHarness(t, {}, { maxPayload: '1MB' });
  const { ingestor } = createIngestor(t, harness);
  const bytes = await noiseImage(7, { format: 'png', width: 1200, height: 1200 });
  assert.ok(bytes.length > 1.2e6);
  assert.equal((await ingestor.ingestImage({ bytes, source: 'big.png' })).kind, 'ingested');
  const bad = Buffer.concat([bytes.subarray(0, 1_300_000)]);
  assert.equal((await ingestor.ingestImage({ bytes: bad, source: 'big bad.png' })).kind, 'rejected');
  const [scan] = await readScans(harness.bus);
  assert.equal(scan?.message.image?.content, 'blob');
  assert.deepEqual(await harness.bus.fromPayload(scan.message.image), bytes);
  assert.deepEqual(await harness.bus.fromPayload((await readDeadLetters(harness.bus))[0]!.original!), bad);
});

test('an unlabelled image that comes again with a label is a duplicate, and the label is kept', async (t) => {
  const { harness, ingestor } = await startWithCases(t);
  const bytes = await noiseImage(8);
  await ingestor.ingestImage({ bytes, source: 'a.jpg' });
  const again = await ingestor.ingestImage({ bytes, source: 'glioma/a.jpg', label: 'glioma' });
  assert.equal(again.kind, 'duplicate');
  const [label] = await readLabels(harness.bus);
  assert.deepEqual([label?.message.sampleId, label?.message.label], [again.sampleId, 'glioma']);
});

test('a name in the metadata of an image leaves no site: it is in no byte of the broker', async (t) => {
  const harness = await startHarness(t);
  const { ingestor } = createIngestor(t, harness);
  const name = 'Doe^Jane^1970';
  const picture = sharp(await noiseImage(3, { format: 'png' }));
  const ids = new Set<string>();
  for (const format of ['jpeg', 'png', 'tiff', 'webp'] as const) {
    const plain = await picture
      .clone()
      .withExif({ IFD0: { ImageDescription: name } })
      .toFormat(format)
      .toBuffer();
    const bytes = Buffer.concat([plain, Buffer.from(name)]);
    assert.ok(bytes.includes(name), format);
    const outcome = await ingestor.ingestImage({ bytes, source: `${format}.${format}`, label: 'glioma' });
    assert.equal(outcome.kind, 'ingested');
    ids.add((outcome as { sampleId: string }).sampleId);
  }
  const scans = await readScans(harness.bus);
  assert.equal(scans.length, 4);
  for (const { message } of scans) {
    const stored = Buffer.from(message.image!.inline!);
    assert.ok(!stored.includes(name), message.source);
    assert.ok(
      ids.has(createHash('sha256').update(stored).digest('hex')),
      `${message.source} is named by what is stored`,
    );
  }
});
