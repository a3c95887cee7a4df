import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, test } from 'node:test';
import {
  ATTRIBUTES,
  dataSetOf,
  formatTag,
  parseDicom,
  tagOf,
  writeDicom,
  type Element,
  type Keyword,
} from '#libs/dicom';
import { codecs } from '#libs/contracts';
import {
  deidentify,
  EMPTIED,
  identityOf,
  importPath,
  KEPT_NUMBERS,
  KEPT_TABLES,
  KEPT_WORDS,
  MAPPED_UIDS,
  Pseudonyms,
  releaseOf,
  SHIFTED_DATES,
  shiftDate,
} from '#services/ingest';
import { mkdir, writeFile } from 'node:fs/promises';
import { createIngestor, readDeadLetters, readEvents, readScans, startHarness, temporaryFolder } from '../_ingest.js';
import { fixtureBytes, parsed, slice, sliceBytes } from './_objects.js';

const pseudonyms = new Pseudonyms('site-a', Buffer.from('a key of the test that is long enough'));

/** Of each tag: what the profile and its options do with it. */
const table = new Map(
  readFileSync(new URL('../../../fixtures/dicom/ps3.15-e.1-1.csv', import.meta.url), 'utf8')
    .split('\n')
    .slice(1)
    .map((line) => line.split(','))
    .map(([tag = '', basic = '', dates = '']) => [tag, { basic, dates }]),
);

const ruleOf = (keyword: Keyword): { basic: string; dates: string } | undefined =>
  table.get(tagOf(keyword).toString(16).padStart(8, '0').toUpperCase());

describe('the allow list and PS3.15 table E.1-1', () => {
  it('nothing is kept unchanged that the profile changes', () => {
    assert.equal(table.size > 600, true);
    const kept = [...KEPT_NUMBERS, ...(Object.keys(KEPT_WORDS) as Keyword[]), ...KEPT_TABLES];
    assert.deepEqual(
      kept.filter((keyword) => ruleOf(keyword) !== undefined),
      [],
    );
  });

  it('UIDs are mapped where it says U, dates moved where its option says so, and what is emptied may be', () => {
    for (const keyword of MAPPED_UIDS) assert.equal(ruleOf(keyword)?.basic, 'U', keyword);
    for (const keyword of SHIFTED_DATES) assert.equal(ruleOf(keyword)?.dates, 'C', keyword);
    for (const keyword of EMPTIED.filter((keyword) => ruleOf(keyword)))
      assert.match(ruleOf(keyword)!.basic, /Z|X/, keyword);
  });
});

describe('identities', () => {
  it('the same patient has the same pseudonym however the number is written, one of another issuer not', () => {
    const patient = (id: string, issuer = ''): string =>
      identityOf(slice({ PatientID: id, IssuerOfPatientID: issuer }), pseudonyms).patient;
    assert.equal(patient('mrn 12 '), patient(' MRN 12'));
    assert.notEqual(patient('MRN12', 'A'), patient('MRN12', 'B'));
    assert.match(patient('MRN12'), /^site-a-[0-9a-f]{20}$/);
  });

  it('UIDs are UUIDs as numbers, the same each time and others under another key', () => {
    const other = new Pseudonyms('site-a', Buffer.from('another key of the test, long enough'));
    const uid = pseudonyms.uid('1.2.3');
    assert.match(uid, /^2\.25\.[1-9]\d{0,38}$/);
    assert.equal(pseudonyms.uid('1.2.3'), uid);
    assert.notEqual(other.uid('1.2.3'), uid);
    const uuid = BigInt(uid.slice(5)).toString(16).padStart(32, '0');
    assert.match(uuid, /^.{12}8.{3}[89ab]/);
    assert.notEqual(pseudonyms.keyVersion, other.keyVersion);
  });

  it('dates of a patient move together, across months and leap years; what is no date is gone', () => {
    assert.equal(shiftDate('20240301', -1), '20240229');
    assert.equal(shiftDate('20230301', -366), '20220228');
    for (const wrong of ['', '20230631', '2023', 'Doe', '2023-03-01']) assert.equal(shiftDate(wrong, -1), '', wrong);
    const days = pseudonyms.shiftDays('P1');
    assert.ok(days <= -1 && days >= -3650);
    assert.equal(pseudonyms.shiftDays(' p1'), days);
  });
});

describe('what may leave', () => {
  it('localizers, screens, other modalities, secondary captures and what is no image are left out by name', () => {
    const modalities = ['MR'];
    for (const [texts, expected] of [
      [{}, 'release'],
      [{ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }, { filtered: 'localizer' }],
      [{ SeriesDescription: '3 plane Scout' }, { filtered: 'localizer' }],
      [{ ImageType: 'DERIVED\\SECONDARY\\REFORMATTED' }, { filtered: 'secondary' }],
      [{ ImageType: 'DERIVED\\SECONDARY\\SCREEN SAVE' }, { filtered: 'screen' }],
      [{ SOPClassUID: '1.2.840.10008.5.1.4.1.1.7' }, { filtered: 'screen' }],
      [{ ConversionType: 'WSD' }, { filtered: 'screen' }],
      [{ SOPClassUID: '1.2.840.10008.5.1.4.1.1.104.1' }, { filtered: 'not-an-image' }],
      [{ SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.22' }, { filtered: 'not-an-image' }],
      [{ Modality: 'US' }, { filtered: 'modality' }],
      [{ BurnedInAnnotation: 'YES' }, { held: 'burned-in' }],
      [{ PatientID: '' }, { held: 'no-patient' }],
      [{ StudyInstanceUID: '' }, { held: 'no-uid' }],
      [{ SOPClassUID: '' }, { held: 'no-uid' }],
    ] as const)
      assert.deepEqual(releaseOf(slice(texts), modalities), expected);
  });

  it('an image that was cut short before its pixels is no object without an image: it is held', () => {
    const cut = (texts: Parameters<typeof slice>[0]) => {
      const dataSet = slice(texts);
      dataSet.elements.delete(tagOf('PixelData'));
      return releaseOf(dataSet, ['MR']);
    };
    assert.deepEqual(cut({}), { held: 'no-pixels' });
    assert.deepEqual(cut({ ImageType: 'ORIGINAL\\PRIMARY\\LOCALIZER' }), { filtered: 'localizer' });
    assert.deepEqual(cut({ SOPClassUID: '1.2.840.10008.5.1.4.1.1.88.22' }), { filtered: 'not-an-image' });
  });

  it('an object of several frames becomes as many of one, each with its own place and name', () => {
    const { dataSet } = parseDicom(fixtureBytes('frames-native'));
    const identity = identityOf(dataSet, pseudonyms);
    const frames = [0, 1, 2].map((frame) => deidentify(dataSet, frame, identity, pseudonyms));
    assert.equal(new Set(frames.map((frame) => frame.text('SOPInstanceUID'))).size, 3);
    assert.deepEqual(frames[2]!.numbers('ImagePositionPatient'), [-100, -90, 2]);
    assert.equal(frames[2]!.number('RescaleSlope'), 2);
    assert.equal(frames[2]!.has('NumberOfFrames'), false);
    assert.equal(frames[2]!.has('PerFrameFunctionalGroupsSequence'), false);
    assert.equal(frames[0]!.text('SOPClassUID'), '1.2.840.10008.5.1.4.1.1.4');
  });
});

/** Words that name somebody, all different. */
class Plants {
  readonly words: string[] = [];

  word(): string {
    const word = `Zq${String(this.words.length).padStart(3, '0')}Xk`;
    this.words.push(word);
    return word;
  }

  /** A UID and a date are found by their text as well. */
  value(vr: string): string {
    if (vr === 'UI') return this.#keep(`1.2.826.7.${90_000 + this.words.length}`);
    if (vr === 'DA') return this.#keep(`19${50 + (this.words.length % 50)}0${1 + (this.words.length % 9)}17`);
    return this.word();
  }

  #keep(word: string): string {
    this.words.push(word);
    return word;
  }
}

/** These make the object what it is: a word is added to them, where a value can be. */
const NEEDED: ReadonlySet<string> = new Set(['SOPClassUID', 'Modality', 'PhotometricInterpretation', 'ImageType']);
const TEXT = new Set(['CS', 'SH', 'LO', 'PN', 'UI', 'DA', 'TM']);

/** An object with an identifying word wherever text or bytes can stand. */
function planted(plants: Plants, seed = 1): Buffer {
  const texts: Partial<Record<Keyword, string>> = {};
  for (const [keyword, [tag, vr]] of Object.entries(ATTRIBUTES) as [Keyword, readonly [number, string]][]) {
    if (!TEXT.has(vr) || tag >>> 16 === 2 || ['ConversionType', 'SecondaryCaptureDeviceManufacturer'].includes(keyword))
      continue;
    if (keyword === 'SOPClassUID') continue;
    const known = { Modality: 'MR', PhotometricInterpretation: 'MONOCHROME2', ImageType: 'ORIGINAL\\PRIMARY' };
    texts[keyword] = NEEDED.has(keyword)
      ? `${known[keyword as keyof typeof known]}\\${plants.value(vr)}`
      : plants.value(vr);
  }
  const text = (tag: number, vr: string): Element => ({ tag, vr, bytes: Buffer.from(plants.value(vr)) });
  const nested = (tag: number, depth: number): Element => ({
    tag,
    vr: 'SQ',
    bytes: Buffer.alloc(0),
    items: [
      dataSetOf([text(0x00100010, 'PN'), text(0x00091001, 'LO'), ...(depth > 0 ? [nested(tag, depth - 1)] : [])]),
    ],
  });
  const more: Element[] = [
    // Whatever the standard takes out, and what it does not know.
    ...[...table.keys()]
      .filter((tag) => /^[0-9A-F]{8}$/.test(tag) && !tag.startsWith('0000') && !tag.startsWith('FFF'))
      .map((tag) => Number.parseInt(tag, 16))
      .filter((tag) => !Object.values(ATTRIBUTES).some(([known]) => known === tag))
      .filter((_, index) => index % 3 === 0)
      .map((tag) => text(tag, 'LO')),
    ...Array.from({ length: 40 }, (_, index) => text(0x00290010 + index, 'LO')),
    text(0x7fe10010, 'OB'),
    text(0x60003000, 'OB'),
    text(0x60000022, 'LO'),
    text(0x50003000, 'OB'),
    text(0xfffcfffc, 'OB'),
    nested(0x00400275, 5),
    nested(0x00081140, 2),
    nested(0x00880200, 1),
  ];
  const dataSet = slice(texts, seed, more);
  // Behind the last pixel, and in the bits that no pixel uses.
  const pixels = dataSet.get('PixelData')!;
  const bytes = Buffer.concat([pixels.bytes, Buffer.from(plants.word())]);
  Buffer.from('NO OVERLAY LEAVES').forEach((letter, at) => {
    bytes[2 * at + 1]! |= letter & 0xf0;
  });
  dataSet.elements.set(pixels.tag, { ...pixels, bytes });
  const file = writeDicom(dataSet);
  file.write(plants.word(), 10, 'latin1');
  return file;
}

/** Everything that left the site, as one text. */
async function whatLeft(harness: Awaited<ReturnType<typeof startHarness>>): Promise<string> {
  const { bus } = harness;
  const scans = await readScans(bus);
  const parts = scans.flatMap(({ message, headers, subject }) => [
    Buffer.from(codecs.Scan.encode(message)).toString('latin1'),
    subject,
    JSON.stringify(
      ['Sulcus-Dicom', 'Sulcus-Study-Id', 'Sulcus-Label', 'Sulcus-Patient-Id'].map((name) => headers.get(name)),
    ),
  ]);
  const others = [await readDeadLetters(bus), await readEvents(bus)];
  return [
    ...parts,
    JSON.stringify(others),
    ...(await readDeadLetters(bus)).map((each) => Buffer.from(each.original?.inline ?? []).toString('latin1')),
  ].join('\n');
}

test('of 300 identifiers planted everywhere none leaves, by import, broken or refused object', async (t) => {
  const data = await temporaryFolder(t);
  const harness = await startHarness(t, { SULCUS_DATA_DIR: data });
  const context = createIngestor(t, harness);
  const folder = await temporaryFolder(t);
  const plants = new Plants();
  const person = path.join(folder, plants.word(), plants.word());
  await mkdir(person, { recursive: true });
  await writeFile(path.join(person, `${plants.word()}.dcm`), planted(plants));
  await writeFile(path.join(person, plants.word()), planted(plants, 2));
  // Compressed pixels with a comment of their own.
  const compressed = parseDicom(fixtureBytes('jpeg-lossless'));
  const fragments = compressed.dataSet.get('PixelData')!.fragments!;
  const comment = Buffer.from(`\xff\xfe\x00\x0c${plants.word()}  `, 'latin1');
  const image = Buffer.concat([fragments[1]!.subarray(0, 2), comment, fragments[1]!.subarray(2)]);
  compressed.dataSet.get('PixelData')!.fragments = [fragments[0]!, image];
  await writeFile(path.join(person, 'IM1'), writeDicom(compressed.dataSet, compressed.syntax.uid));
  // Refused, each by another part.
  const cut = planted(plants, 3);
  await writeFile(path.join(person, `${plants.word()}.DCM`), cut.subarray(0, cut.length - 900));
  const odd = parsed(planted(plants, 4));
  odd.get('PhotometricInterpretation')!.bytes = Buffer.from(plants.word());
  await writeFile(path.join(person, 'IM2'), writeDicom(odd));
  const burned = { BurnedInAnnotation: 'YES', PatientName: plants.word(), SeriesDescription: plants.word() };
  await writeFile(path.join(person, 'IM3'), sliceBytes(burned, 5));
  await writeFile(path.join(person, 'IM4'), sliceBytes({ Modality: plants.word() }, 6));

  const counts = await importPath(context, folder, { order: 'sorted' });
  assert.deepEqual(
    { offered: counts.offered, ingested: counts.ingested, filtered: counts.filtered, quarantined: counts.quarantined },
    { offered: 7, ingested: 3, filtered: 1, quarantined: 3 },
  );
  assert.ok(plants.words.length >= 300, `${plants.words.length} planted`);
  const left = await whatLeft(harness);
  assert.deepEqual(
    plants.words.filter((word) => left.includes(word)),
    [],
  );
  for (const { message } of await readScans(harness.bus)) {
    const dataSet = parsed(message.image!.inline!);
    for (const { tag } of dataSet.elements.values())
      assert.ok(
        Object.values(ATTRIBUTES).some(([known]) => known === tag),
        formatTag(tag),
      );
    assert.equal(message.label, '');
  }
  // What stayed is whole, and for the service alone.
  const held = await readdir(path.join(data, 'quarantine'));
  assert.equal(held.filter((name) => name.endsWith('.dcm')).length, 3);
  const note = await readFile(path.join(data, 'quarantine', held.find((name) => name.endsWith('.json'))!), 'utf8');
  assert.match(note, /"reason": "/);
  assert.equal((await stat(path.join(data, 'quarantine', held[0]!))).mode & 0o077, 0);
});
