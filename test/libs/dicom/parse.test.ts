import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { SulcusError } from '#libs/errors';
import {
  frameAttributes,
  isDicom,
  parseDicom,
  readDicom,
  readPixelModule,
  renderFrame,
  textElement,
  writeDicom,
} from '#libs/dicom';
import { fixture, fixtureBytes } from './_reference.js';

const plain = fixtureBytes('explicit');

const code = (work: () => unknown): string => {
  try {
    work();
    return 'none';
  } catch (error) {
    assert.ok(error instanceof SulcusError, `a defect, no answer: ${String(error)}`);
    return error.code;
  }
};

const renderCode = async (bytes: Buffer): Promise<string> => {
  try {
    await renderFrame(parseDicom(bytes), { purpose: 'model' });
    return 'none';
  } catch (error) {
    assert.ok(error instanceof SulcusError, `a defect, no answer: ${String(error)}`);
    return error.code;
  }
};

/** Explicit VR Little Endian. */
const element = (tag: number, vr: string, value: Buffer, length = value.length): Buffer => {
  const isLong = ['OB', 'OW', 'SQ', 'UN', 'UT'].includes(vr);
  const header = Buffer.alloc(isLong ? 12 : 8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.write(vr, 4, 'latin1');
  if (isLong) header.writeUInt32LE(length >>> 0, 8);
  else header.writeUInt16LE(length, 6);
  return Buffer.concat([header, value]);
};

/** Implicit VR Little Endian. */
const implicit = (tag: number, value: Buffer, length = value.length): Buffer => {
  const header = Buffer.alloc(8);
  header.writeUInt16LE(tag >>> 16, 0);
  header.writeUInt16LE(tag & 0xffff, 2);
  header.writeUInt32LE(length >>> 0, 4);
  return Buffer.concat([header, value]);
};

describe('reading', () => {
  it('a file without preamble, and one without any header, are read as the whole file is', () => {
    const { dataSet } = parseDicom(plain);
    const meta = plain.subarray(132);
    const bare = meta.subarray(12 + meta.readUInt32LE(8));
    for (const bytes of [meta, bare]) {
      assert.ok(isDicom(bytes));
      assert.equal(parseDicom(bytes).dataSet.text('PatientID'), dataSet.text('PatientID'));
      assert.equal(readPixelModule(parseDicom(bytes).dataSet).columns, 48);
    }
  });

  it('text, images and nothing are no DICOM', () => {
    for (const bytes of [
      '',
      'hello world, hello world',
      '\x89PNG\r\n\x1a\n'.padEnd(200),
      '\xff\xd8\xff\xe0'.padEnd(200),
    ])
      assert.equal(isDicom(Buffer.from(bytes, 'latin1')), false, bytes.slice(0, 8));
  });

  it('a header that names Implicit VR over an explicit data set, and the reverse, is seen through', () => {
    const named = (name: string): Buffer => {
      const bytes = fixtureBytes(name);
      return bytes.subarray(0, 132 + 12 + bytes.readUInt32LE(140));
    };
    for (const [header, body] of [
      ['implicit', 'explicit'],
      ['explicit', 'implicit'],
      ['explicit', 'big-endian'],
    ] as const) {
      const mended = parseDicom(Buffer.concat([named(header), fixtureBytes(body).subarray(named(body).length)]));
      assert.equal(mended.isMislabelled, true);
      assert.equal(mended.dataSet.text('PatientID'), 'P16');
      assert.equal(mended.dataSet.number('Columns'), 48);
    }
  });

  it('file meta information in Implicit VR, as old systems wrote it, is read', () => {
    const body = plain.subarray(132 + 12 + plain.readUInt32LE(140));
    const meta = implicit(0x00020010, Buffer.from('1.2.840.10008.1.2.1\0'));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(meta.length);
    const old = Buffer.concat([plain.subarray(0, 132), implicit(0x00020000, length), meta, body]);
    assert.equal(parseDicom(old).dataSet.text('PatientID'), parseDicom(plain).dataSet.text('PatientID'));
    assert.equal(parseDicom(old).syntax.uid, '1.2.840.10008.1.2.1');
  });

  it('items that are encoded otherwise than what they stand in are read, and what follows them', () => {
    const uid = Buffer.from('1.2.3\0');
    const patient = Buffer.from('P1');
    const item = (content: Buffer): Buffer => {
      const header = Buffer.from('feff00e000000000', 'hex');
      header.writeUInt32LE(content.length, 4);
      return Buffer.concat([header, content]);
    };
    const explicitItem = item(element(0x00081155, 'UI', uid));
    const implicitItem = item(implicit(0x00081155, uid));
    const read = (isExplicit: boolean, ...elements: Buffer[]) => {
      const first = isExplicit ? element(0x00080005, 'CS', Buffer.alloc(0)) : implicit(0x00080005, Buffer.alloc(0));
      const last = isExplicit ? element(0x00100020, 'LO', patient) : implicit(0x00100020, patient);
      const { dataSet } = parseDicom(Buffer.concat([first, ...elements, last]));
      assert.equal(dataSet.text('PatientID'), 'P1');
      return dataSet.items('ReferencedImageSequence').map((one) => one.text('ReferencedSOPInstanceUID'));
    };
    // What does not know a sequence passes it on as UN, of a length or of none.
    for (const vr of ['SQ', 'UN'])
      for (const content of [implicitItem, explicitItem])
        assert.deepEqual(read(true, element(0x00081140, vr, content)), ['1.2.3'], vr);
    const open = Buffer.concat([explicitItem, Buffer.from('feffdde000000000', 'hex')]);
    const privateSequence = implicit(0x20019000, open, 0xffffffff);
    assert.deepEqual(read(false, implicit(0x00081140, implicitItem), privateSequence), ['1.2.3']);
    // A length that looks like letters, 'SH' here, is one.
    const long = item(Buffer.concat([implicit(0x00081150, Buffer.alloc(0x4853)), implicit(0x00081155, uid)]));
    assert.deepEqual(read(false, implicit(0x00081140, long)), ['1.2.3']);
    // Bytes of a private UN are nobody's items.
    assert.deepEqual(read(true, element(0x00091001, 'UN', Buffer.from('feff00e0ffffff7f', 'hex'))), []);
  });

  it('text is read in its character set; broken text gives the same text each time, and never fails', () => {
    const read = (set: string, bytes: string): string =>
      parseDicom(
        Buffer.concat([
          element(0x00080005, 'CS', Buffer.from(set.padEnd(set.length + (set.length % 2)))),
          element(0x00100020, 'LO', Buffer.from(bytes, 'latin1')),
        ]),
      ).dataSet.text('PatientID');
    assert.equal(read('GB18030', '\xcd\xf5\xd0\xa1'), '王小');
    assert.equal(read('ISO_IR 192', '\xc3\x89'), 'É');
    assert.equal(read('ISO_IR 13', '\xd4\xcf'), 'ﾔﾏ');
    assert.equal(read('ISO_IR 192', '\xff\xfe'), '\xff\xfe');
    assert.equal(read('NO SUCH SET', '\xe9 '), '\xe9');
  });

  it('writing gives the file again: attributes, sequences and fragments', () => {
    for (const name of ['explicit', 'frames-jpeg2000', 'jpeg-ls', 'display-voi-lut']) {
      const file = fixture(name);
      const again = parseDicom(writeDicom(file.dataSet, file.syntax.uid));
      assert.deepEqual(again.dataSet, file.dataSet);
    }
  });
});

describe('bad input has an answer', () => {
  it('a file cut anywhere is truncated or undecodable, and nothing else happens', async () => {
    for (const name of ['explicit', 'implicit', 'deflated', 'frames-jpeg2000', 'jpeg-ls', 'rle', 'jpeg-lossless']) {
      const whole = fixtureBytes(name);
      for (let length = 1; length < whole.length; length += Math.ceil(whole.length / 60)) {
        const answer = await renderCode(whole.subarray(0, length));
        assert.match(answer, /^IMAGE_/, `${name} cut to ${length} bytes: ${answer}`);
      }
    }
  });

  it('flipped bytes are read or refused, and the next image is read all the same', async () => {
    let seed = 16;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (const name of ['explicit', 'frames-pieces', 'jpeg-ls', 'jpeg2000', 'rle', 'jpeg-lossless', 'htj2k'])
      for (let round = 0; round < 25; round++) {
        const bytes = Buffer.from(fixtureBytes(name));
        for (let flips = 0; flips < 6; flips++) bytes[132 + random(bytes.length - 132)] = random(256);
        assert.match(await renderCode(bytes), /^(none|IMAGE_\w+)$/);
      }
    for (const name of ['jpeg-ls', 'jpeg2000', 'rle', 'jpeg-lossless', 'htj2k'])
      assert.equal(await renderCode(fixtureBytes(name)), 'none', name);
  });

  it('sequences nested without end, attributes without number and lengths beyond the file stop at the limits', () => {
    const open = element(0x00081140, 'SQ', Buffer.from('feff00e0ffffffff', 'hex'), 0xffffffff);
    assert.equal(
      code(() => parseDicom(Buffer.concat(Array<Buffer>(5000).fill(open)))),
      'IMAGE_TOO_LARGE',
    );
    const many = Array.from({ length: 3000 }, (_, index) => element(0x00091000 + index, 'LO', Buffer.alloc(0)));
    const first = element(0x00080005, 'CS', Buffer.alloc(0));
    assert.equal(
      code(() => parseDicom(Buffer.concat([first, ...many]), { maxElements: 1000 })),
      'IMAGE_TOO_LARGE',
    );
    const long = element(0x00091000, 'OB', Buffer.alloc(4), 0x7fffffff);
    assert.equal(
      code(() => parseDicom(Buffer.concat([first, long]))),
      'IMAGE_TRUNCATED',
    );
  });

  it('items of sequences count, with or without attributes: eight bytes of the file are an object of ours', () => {
    const items = Buffer.alloc(8 * 2000, Buffer.from('feff00e000000000', 'hex'));
    const end = Buffer.from('feffdde000000000', 'hex');
    const sequence = element(0x00081140, 'SQ', Buffer.concat([items, end]), 0xffffffff);
    const within = parseDicom(sequence, { maxElements: 2001 }).dataSet;
    assert.equal(within.items('ReferencedImageSequence').length, 2000);
    assert.equal(
      code(() => parseDicom(sequence, { maxElements: 2000 })),
      'IMAGE_TOO_LARGE',
    );
  });

  it('what makers add to an object is not given to each of its frames', () => {
    const many = Array.from({ length: 3000 }, (_, index) => element(0x00091000 + index, 'LO', Buffer.alloc(0)));
    const item = Buffer.from('feff00e000000000', 'hex');
    const groups = element(0x52009229, 'SQ', item);
    const { dataSet } = parseDicom(Buffer.concat([element(0x00080060, 'CS', Buffer.from('MR')), ...many, groups]));
    const frame = frameAttributes(dataSet, 0);
    assert.equal(frame.text('Modality'), 'MR');
    assert.ok(frame.elements.size < 10);
  });

  it('what is deflated is inflated beside the thread that asks, within the limit', async () => {
    const zeros = deflateRawSync(Buffer.alloc(200 * 2 ** 20));
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const read = readDicom(zeros, { maxBytes: 150 * 2 ** 20 }, '1.2.840.10008.1.2.1.99');
    await assert.rejects(read, { code: 'IMAGE_TOO_LARGE' });
    clearInterval(timer);
    assert.ok(turns > 3, `${turns} turns of others meanwhile`);
    const deflated = fixtureBytes('deflated');
    const { dataSet, syntax } = await readDicom(deflated);
    assert.equal(dataSet.text('PatientID'), parseDicom(deflated).dataSet.text('PatientID'));
    assert.equal(syntax.uid, parseDicom(deflated).syntax.uid);
    assert.equal((await readDicom(plain)).dataSet.text('PatientID'), parseDicom(plain).dataSet.text('PatientID'));
    await assert.rejects(readDicom(deflated.subarray(0, -200)), { code: 'IMAGE_TRUNCATED' });
  });

  it('attributes, items and fragments without number are read in turns with others', async () => {
    const first = element(0x00080005, 'CS', Buffer.alloc(0));
    const many = Buffer.alloc(8 * 390_000, element(0x00091000, 'LO', Buffer.alloc(0)));
    for (let index = 0; index < 390_000; index++)
      many.writeUInt32LE(0x11 + 2 * (index >>> 16) + (index & 0xffff) * 0x10000, 8 * index);
    const items = Buffer.alloc(8 * 390_000, Buffer.from('feff00e000000000', 'hex'));
    const end = Buffer.from('feffdde000000000', 'hex');
    for (const [what, bytes] of Object.entries({
      attributes: Buffer.concat([first, many]),
      items: Buffer.concat([first, element(0x00081140, 'SQ', Buffer.concat([items, end]), 0xffffffff)]),
      fragments: Buffer.concat([first, element(0x7fe00010, 'OB', Buffer.concat([items, end]), 0xffffffff)]),
    })) {
      let turns = 0;
      let isOver = false;
      const count = (): void => void (isOver || (turns++, setImmediate(count)));
      setImmediate(count);
      const { dataSet } = await readDicom(bytes, {}, '1.2.840.10008.1.2.1');
      isOver = true;
      assert.ok(dataSet.has('SpecificCharacterSet'));
      assert.ok(turns > 150, `${what}: ${turns} turns of others meanwhile`);
    }
  });

  it('a text of blanks between letters takes no longer than others', () => {
    const text = `a${' '.repeat(65_000)}b`;
    const { dataSet } = parseDicom(element(0x00100020, 'LO', Buffer.from(text)));
    const startedMs = performance.now();
    assert.equal(dataSet.text('PatientID'), text);
    assert.ok(performance.now() - startedMs < 100);
  });

  it('texts and numbers longer than any explicit attribute count as missing: implicit ones may be whole files', () => {
    const long = Buffer.concat([
      implicit(0x00100020, Buffer.alloc(65_536, '\\')),
      implicit(0x00280010, Buffer.alloc(65_536, 1)),
      implicit(0x00280011, Buffer.alloc(2, 1)),
    ]);
    const { dataSet } = parseDicom(long, {}, '1.2.840.10008.1.2');
    assert.equal(dataSet.text('PatientID'), '');
    assert.equal(dataSet.number('Rows'), undefined);
    assert.equal(dataSet.number('Columns'), 257);
  });

  it('what makers add to the functional groups of an object is not given to each of its frames either', () => {
    const many = Array.from({ length: 3000 }, (_, index) => element(0x00091000 + index, 'LO', Buffer.alloc(0)));
    const item = (content: Buffer): Buffer => {
      const header = Buffer.from('feff00e000000000', 'hex');
      header.writeUInt32LE(content.length, 4);
      return Buffer.concat([header, content]);
    };
    const spacing = element(0x00280030, 'DS', Buffer.from('1\\1 '));
    const measures = element(0x00289110, 'SQ', item(Buffer.concat([...many, spacing])));
    const shared = element(0x52009229, 'SQ', item(measures));
    const { dataSet } = parseDicom(Buffer.concat([element(0x00080060, 'CS', Buffer.from('MR')), shared]));
    const frame = frameAttributes(dataSet, 0);
    assert.deepEqual(frame.numbers('PixelSpacing'), [1, 1]);
    assert.ok(frame.elements.size < 10);
  });

  it('a deflated object that swells beyond the limit is refused', () => {
    const header = fixtureBytes('deflated');
    const meta = header.subarray(0, 132 + 12 + header.readUInt32LE(140));
    const bomb = Buffer.concat([meta, deflateRawSync(Buffer.alloc(64 * 2 ** 20))]);
    assert.ok(bomb.length < 100_000);
    assert.equal(
      code(() => parseDicom(bomb, { maxBytes: 2 ** 20 })),
      'IMAGE_TOO_LARGE',
    );
  });

  it('an attribute that stands twice is refused: which one counts, nobody can tell', () => {
    const patient = element(0x00100020, 'LO', Buffer.from('P1'));
    const first = element(0x00080005, 'CS', Buffer.alloc(0));
    assert.equal(
      code(() => parseDicom(Buffer.concat([first, patient, patient]))),
      'IMAGE_UNDECODABLE',
    );
  });

  it('frame counts that lie, sizes of zero and headers without sense are refused before pixels', async () => {
    const changed = (keyword: 'NumberOfFrames', value: string, name = 'explicit'): Buffer => {
      const file = fixture(name);
      const lie = textElement(keyword, value);
      file.dataSet.elements.set(lie.tag, lie);
      return writeDicom(file.dataSet, file.syntax.uid);
    };
    assert.equal(await renderCode(changed('NumberOfFrames', '100')), 'IMAGE_TRUNCATED');
    assert.equal(await renderCode(changed('NumberOfFrames', '0')), 'IMAGE_UNDECODABLE');
    assert.equal(await renderCode(changed('NumberOfFrames', '2000000000')), 'IMAGE_TOO_LARGE');
    assert.equal(await renderCode(changed('NumberOfFrames', '2', 'frames-jpeg2000')), 'IMAGE_UNDECODABLE');
    for (const [keyword, value] of [
      ['Rows', 0],
      ['BitsStored', 17],
      ['HighBit', 40],
      ['SamplesPerPixel', 3],
    ] as const) {
      const file = fixture('explicit');
      file.dataSet.get(keyword)!.bytes.writeUInt16LE(value);
      assert.equal(
        code(() => readPixelModule(file.dataSet)),
        'IMAGE_UNDECODABLE',
        keyword,
      );
    }
  });

  it('objects without an image and transfer syntaxes that are not read are named', () => {
    const file = fixture('explicit');
    file.dataSet.elements.delete(0x7fe00010);
    assert.equal(
      code(() => readPixelModule(file.dataSet)),
      'IMAGE_UNSUPPORTED',
    );
    assert.equal(
      code(() => parseDicom(writeDicom(file.dataSet, '1.2.840.10008.1.2.4.103'))),
      'IMAGE_UNSUPPORTED',
    );
  });
});
