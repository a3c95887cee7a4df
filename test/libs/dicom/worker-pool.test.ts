import assert from 'node:assert/strict';
import { it } from 'node:test';
import { DicomWorkerPool, renderFrame } from '#libs/dicom';
import { fixture, fixtureBytes } from './_reference.js';

it('threads decode as the calling thread does, refuse with the same codes, and go on', async () => {
  await using pool = new DicomWorkerPool({ threads: 2 });
  const names = ['explicit', 'jpeg-ls', 'jpeg2000', 'rle', 'htj2k', 'jpeg-lossless', 'colour-rgb'];
  const [damaged, ...examined] = await Promise.all([
    pool.examine(fixtureBytes('jpeg-ls').subarray(0, 2500)).catch((error: { code: string }) => error.code),
    ...names.map((name) => pool.examine(fixtureBytes(name))),
  ]);
  assert.equal(damaged, 'IMAGE_TRUNCATED');
  for (const [index, name] of names.entries()) {
    const here = await renderFrame(fixture(name), { purpose: 'model' });
    assert.deepEqual(examined[index]!.data, here.data, name);
    assert.equal(examined[index]!.windowLow, here.window?.low);
    assert.equal(examined[index]!.histogram.length > 0, name !== 'colour-rgb');
  }
});
