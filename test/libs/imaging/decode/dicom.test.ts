import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { parseDicom, renderFrame, textElement, writeDicom } from '#libs/dicom';
import { decodeImage } from '#libs/imaging';

const bytesOf = (name: string): Buffer => readFileSync(new URL(`../../../fixtures/dicom/${name}.dcm`, import.meta.url));

function released(name: string): Buffer {
  const { dataSet, syntax } = parseDicom(bytesOf(name));
  const mark = textElement('PatientIdentityRemoved', 'YES');
  dataSet.elements.set(mark.tag, mark);
  return writeDicom(dataSet, syntax.uid);
}

it('a DICOM object that may name a patient is refused, whatever else it begins like', async () => {
  const disguised = bytesOf('explicit');
  disguised.write('II*\0', 0, 'latin1');
  for (const bytes of [bytesOf('explicit'), disguised])
    await assert.rejects(decodeImage(bytes), { code: 'IMAGE_UNSUPPORTED', rawMessage: /may name a patient/ });
});

it('a de-identified object becomes what the model sees, a window of the series included', async () => {
  for (const name of ['explicit', 'jpeg-ls', 'htj2k', 'display-rescaled', 'colour-rgb']) {
    const seriesWindow = { low: 100, high: 2000 };
    const { data, channels, format } = await decodeImage(released(name), { seriesWindow });
    const expected = await renderFrame(parseDicom(bytesOf(name)), { purpose: 'model', seriesWindow });
    assert.deepEqual({ data, channels, format }, { data: expected.data, channels: expected.channels, format: 'dicom' });
  }
});

it('limits hold before pixels are decoded, and several frames are not one image', async () => {
  await assert.rejects(decodeImage(released('jpeg2000'), { maxPixels: 100 }), { code: 'IMAGE_TOO_LARGE' });
  await assert.rejects(decodeImage(released('frames-rle')), { code: 'IMAGE_UNSUPPORTED', rawMessage: /3 frames/ });
});
