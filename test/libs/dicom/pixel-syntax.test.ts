import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EXPLICIT_LITTLE_ENDIAN, parseDicom, renderFrame, tagOf, textElement, writeDicom } from '#libs/dicom';
import { isCode } from '../../helpers/errors.js';
import { fixture } from './_reference.js';

const JPEG_LS = '1.2.840.10008.1.2.4.80';
const JPEG_2000 = '1.2.840.10008.1.2.4.90';

const pictureOf = async (bytes: Buffer): Promise<Uint8Array> =>
  (await renderFrame(parseDicom(bytes), { purpose: 'display' })).data;

/** A file whose header names another transfer syntax than its pixels are in. */
const mislabelled = (name: string, syntaxUid: string): Buffer => writeDicom(fixture(name).dataSet, syntaxUid);

describe('a header that names another compression than the pixels have', () => {
  const compressed = [
    'rle',
    'jpeg-lossless',
    'jpeg-extended',
    'jpeg-baseline',
    'jpeg-ls',
    'jpeg2000',
    'htj2k',
  ] as const;
  for (const name of compressed)
    it(`${name} is read as it is`, async () => {
      const right = await pictureOf(writeDicom(fixture(name).dataSet, fixture(name).syntax.uid));
      for (const said of [EXPLICIT_LITTLE_ENDIAN, name === 'jpeg-ls' ? JPEG_2000 : JPEG_LS]) {
        const file = parseDicom(mislabelled(name, said));
        assert.equal(file.isMislabelled, true, said);
        assert.equal(file.syntax.compression, fixture(name).syntax.compression, said);
        assert.deepEqual(await pictureOf(mislabelled(name, said)), right, said);
      }
    });

  it('pixels without compression are read as they are', async () => {
    const file = parseDicom(mislabelled('explicit', JPEG_LS));
    assert.deepEqual([file.isMislabelled, file.syntax.uid], [true, EXPLICIT_LITTLE_ENDIAN]);
    assert.deepEqual(
      await pictureOf(mislabelled('explicit', JPEG_LS)),
      await pictureOf(mislabelled('explicit', EXPLICIT_LITTLE_ENDIAN)),
    );
  });

  it('of what nothing tells how it is compressed no picture is made, least of all of the bytes behind it', async () => {
    const { dataSet } = fixture('explicit');
    const tag = tagOf('PixelData');
    const fragments = [Buffer.alloc(0), Buffer.from('no image that anybody knows')];
    dataSet.elements.set(tag, { tag, vr: 'OB', bytes: Buffer.alloc(0), fragments });
    const file = writeDicom(dataSet);
    const memory = Buffer.concat([file, Buffer.alloc(65_536, 'of another patient')]);
    await assert.rejects(pictureOf(memory.subarray(0, file.length)), isCode('IMAGE_UNDECODABLE', /encapsulated/));
  });
});

describe('frame counts that are too small', () => {
  const counted = (name: string, frames: string): Buffer => {
    const { dataSet, syntax } = fixture(name);
    const count = textElement('NumberOfFrames', frames);
    dataSet.elements.set(count.tag, count);
    if (frames === '') dataSet.elements.delete(count.tag);
    return writeDicom(dataSet, syntax.uid);
  };
  for (const name of ['frames-native', 'frames-rle', 'frames-jpeg2000', 'frames-pieces', 'frames-pieces-bare'])
    it(`${name}: frames that nobody announced are not lost unsaid`, async () => {
      assert.ok((await pictureOf(counted(name, '3'))).length > 0);
      for (const frames of ['1', '2', ''])
        await assert.rejects(pictureOf(counted(name, frames)), isCode('IMAGE_UNDECODABLE', /holds 3/), frames);
    });
});
