import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  dataSetOf,
  decodeFrame,
  DicomWorkerPool,
  framesOf,
  parseDicom,
  readPixelModule,
  renderFrame,
  tagOf,
  writeDataSet,
  type FrameToExamine,
} from '#libs/dicom';
import { fixture } from './_reference.js';

function frameOf(name: string): FrameToExamine {
  const file = fixture(name);
  const pixels = readPixelModule(file.dataSet);
  const header = [...file.dataSet.elements.values()].filter(({ tag }) => tag !== tagOf('PixelData'));
  return {
    header: Buffer.concat(writeDataSet(dataSetOf(header))),
    encoded: new Uint8Array(framesOf(file, pixels)[0]!),
    photometric: pixels.photometric,
    isPlanar: pixels.isPlanar,
    compressedBy: file.syntax.compression && file.syntax.uid,
  };
}

it('threads decode as the calling thread does, refuse with the same codes, and go on', async () => {
  await using pool = new DicomWorkerPool({ threads: 2 });
  const names = ['explicit', 'jpeg-ls', 'jpeg2000', 'rle', 'htj2k', 'jpeg-lossless', 'colour-rgb'];
  const whole = frameOf('jpeg-ls');
  const [damaged, ...examined] = await Promise.all([
    pool
      .examine({ ...whole, encoded: whole.encoded.slice(0, 2000) })
      .catch((error: { code: string }) => ({ code: error.code })),
    ...names.map((name) => pool.examine(frameOf(name))),
  ]);
  assert.deepEqual(damaged, { code: 'IMAGE_TRUNCATED' });
  const pictures = new Set<number>();
  for (const [index, name] of names.entries()) {
    const there = examined[index]!;
    const here = await renderFrame(fixture(name), { purpose: 'model' });
    assert.deepEqual(there.data, here.data, name);
    assert.equal(there.windowLow, here.window?.low);
    assert.equal(there.values.length > 0, name !== 'colour-rgb');
    assert.equal(there.sha256, createHash('sha256').update(there.file).digest('hex'));
    const anew = parseDicom(there.file);
    const { words } = await decodeFrame(anew, readPixelModule(anew.dataSet), 0);
    assert.deepEqual(words, (await decodeFrame(fixture(name), readPixelModule(fixture(name).dataSet), 0)).words, name);
    if (name !== 'colour-rgb') pictures.add(there.pictureCrc32);
  }
  assert.equal(pictures.size, 1, 'the same picture in every lossless syntax');
});

it('the hash of what is written anew is told, and waited for, of native and of compressed frames', async () => {
  await using pool = new DicomWorkerPool({ threads: 1 });
  for (const name of ['explicit', 'jpeg-ls']) {
    const told: string[] = [];
    const onWritten = async (sha256: string): Promise<void> => {
      await nextTurn();
      told.push(sha256);
    };
    const { sha256 } = await pool.examine(frameOf(name), { onWritten });
    assert.deepEqual(told, [sha256], name);
  }
});
