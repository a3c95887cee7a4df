import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeFrame, frameAttributes, readPixelModule, renderFrame } from '#libs/dicom';
import { storedValueOf } from '../../../libs/dicom/pixels/modality.js';
import { base64, base64Shorts, fixture, largestDifference, reference } from './_reference.js';

/** Values of a frame as pydicom gives them: stored bits with their sign. */
async function storedValues(name: string, frame = 0): Promise<number[]> {
  const file = fixture(name);
  const pixels = readPixelModule(file.dataSet);
  const { words } = await decodeFrame(file, pixels, frame);
  return Array.from(words, storedValueOf(pixels));
}

/** Decoders of lossy images may round differently. */
const LOSSY_LEVELS: Readonly<Record<string, number>> = {
  'colour-jpeg': 3,
  'jpeg2000-lossy': 1,
};

describe('stored pixels are those of pydicom and DCMTK in every transfer syntax', () => {
  for (const [name, { uid, pixels }] of Object.entries(reference.syntaxes))
    it(name, async () => {
      assert.equal(fixture(name).syntax.uid, uid);
      const difference = largestDifference(await storedValues(name), base64Shorts(pixels));
      assert.ok(difference <= (LOSSY_LEVELS[name] ?? 0), `differs by ${difference}`);
    });
});

describe('greys are those of an independent reader: rescale, windows and functions, tables, MONOCHROME1', () => {
  for (const [name, { by, pixels }] of Object.entries(reference.display))
    it(`${name}, by ${by}`, async () => {
      const { data } = await renderFrame(fixture(`display-${name}`), { purpose: 'display' });
      const expected = base64(pixels);
      assert.ok(largestDifference(data, expected) <= 1);
      // Values that lie on a step fall to either side of it with the last bit of a computation.
      const differing = data.filter((grey, at) => grey !== expected[at]).length;
      assert.ok(differing <= 0.05 * data.length, `${differing} of ${data.length} differ`);
    });
});

describe('colours are those of pydicom: planes, YBR, halved colours, palettes, RLE, JPEG and JPEG 2000', () => {
  for (const [name, pixels] of Object.entries(reference.colour))
    it(name, async () => {
      const { data, channels } = await renderFrame(fixture(name), { purpose: 'display' });
      assert.equal(channels, 3);
      const difference = largestDifference(data, base64(pixels));
      assert.ok(difference <= (LOSSY_LEVELS[name] ?? (name.includes('ybr') ? 1 : 0)), `differs by ${difference}`);
    });
});

describe('frames', () => {
  for (const [name, pixels] of Object.entries(reference.frames))
    it(`each frame is its own, however its pixels are cut into fragments: ${name}`, async () => {
      const expected = base64Shorts(pixels);
      const each = expected.length / 3;
      for (let frame = 0; frame < 3; frame++)
        assert.deepEqual(
          Uint16Array.from(await storedValues(name, frame)),
          new Uint16Array(expected.slice(frame * each, (frame + 1) * each)),
        );
    });

  it('a frame has the attributes of its functional groups, shared ones below its own', () => {
    const { dataSet } = fixture('frames-native');
    const frame = frameAttributes(dataSet, 2);
    assert.deepEqual(frame.numbers('ImagePositionPatient'), [-100, -90, 2]);
    assert.deepEqual(frame.numbers('ImageOrientationPatient'), [1, 0, 0, 0, 1, 0]);
    assert.equal(frame.number('WindowCenter'), 2000);
    assert.equal(frame.number('RescaleSlope'), 2);
    assert.equal(frame.text('PatientID'), 'P16');
  });
});
