import assert from 'node:assert/strict';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import type { SulcusError, ErrorCode } from '#libs/errors';
import { decodeImage, PHANTOM_CLASSES, renderPhantom, writePhantomDataset } from '#libs/imaging';

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'sulcus-phantoms-'));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('phantoms', () => {
  test('class, seed, patient and slice determine every pixel, and each of them matters', () => {
    const options = { class: 'glioma', seed: 1, size: 32, patient: 2, slice: 1 } as const;
    const original = renderPhantom(options).data;
    assert.deepEqual(renderPhantom(options).data, original);
    for (const change of [{ seed: 2 }, { patient: 3 }, { slice: 2 }, { class: 'notumor' } as const]) {
      assert.notDeepEqual(renderPhantom({ ...options, ...change }).data, original, JSON.stringify(change));
    }
  });

  test('a head stands on dark noise: the middle is tissue, the corners are air, and neither clips', () => {
    for (const label of PHANTOM_CLASSES) {
      for (let patient = 0; patient < 4; patient++) {
        const { data } = renderPhantom({ class: label, seed: 3, size: 48, patient });
        const block = (row: number, column: number): number => {
          let sum = 0;
          for (let i = 0; i < 64; i++) sum += data[(row + Math.floor(i / 8)) * 48 + column + (i % 8)]!;
          return sum / 64;
        };
        assert.ok(block(0, 0) < 45 && block(0, 40) < 45, `${label} ${patient}: corners ${block(0, 0)} ${block(0, 40)}`);
        assert.ok(data.reduce((sum, value) => sum + value, 0) / data.length > 15, `${label} ${patient}: empty`);
        assert.ok(data.filter((value) => value === 255).length < data.length * 0.05, `${label} ${patient}: clipped`);
      }
    }
  });

  test('slices of one patient resemble each other more than those of others', () => {
    const distance = (a: Uint8Array, b: Uint8Array): number =>
      a.reduce((sum, value, i) => sum + Math.abs(value - b[i]!), 0) / a.length;
    let same = 0;
    let other = 0;
    for (let patient = 0; patient < 8; patient++) {
      const slice = renderPhantom({ class: 'notumor', seed: 4, size: 32, patient, slice: 0 }).data;
      same += distance(slice, renderPhantom({ class: 'notumor', seed: 4, size: 32, patient, slice: 1 }).data);
      other += distance(
        slice,
        renderPhantom({ class: 'notumor', seed: 4, size: 32, patient: patient + 1, slice: 0 }).data,
      );
    }
    assert.ok(same < 0.75 * other, `${same} against ${other}`);
  });
});

describe('phantom data sets', () => {
  test('a folder per class with grey JPEGs, and a manifest that names the patients', () =>
    inFolder(async (folder) => {
      const progress: number[] = [];
      const dataset = await writePhantomDataset(folder, {
        perClass: 5,
        seed: 1,
        sizePx: 24,
        slicesPerPatient: 2,
        onProgress: (written) => progress.push(written),
      });
      assert.deepEqual([dataset.images, dataset.patients], [20, 12]);
      assert.deepEqual(
        progress,
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      assert.deepEqual((await readdir(folder)).sort(), [...PHANTOM_CLASSES, 'manifest.csv'].sort());
      const [header, ...rows] = (await readFile(dataset.manifest, 'utf8')).trimEnd().split('\n');
      assert.equal(header, 'path,label,patient');
      assert.equal(rows.length, 20);
      assert.equal(new Set(rows.map((row) => row.split(',')[2])).size, 12);
      for (const row of rows) {
        const [name, label] = row.split(',') as [string, string];
        const image = await decodeImage(await readFile(path.join(folder, name)));
        assert.deepEqual(
          [image.format, image.width, image.height, image.channels, path.dirname(name)],
          ['jpeg', 24, 24, 1, label],
        );
      }
    }));

  test('the same options write the same bytes', () =>
    inFolder(async (folder) => {
      const [first, second] = await Promise.all(
        ['a', 'b'].map((name) => writePhantomDataset(path.join(folder, name), { perClass: 2, seed: 9, sizePx: 24 })),
      );
      for (const file of ['manifest.csv', 'glioma/glioma-p0000-s1.jpg']) {
        assert.deepEqual(
          await readFile(path.join(first!.folder, file)),
          await readFile(path.join(second!.folder, file)),
        );
      }
    }));

  const refused: [string, Parameters<typeof writePhantomDataset>[1], ErrorCode][] = [
    ['no image', { perClass: 0, seed: 1 }, 'INVALID_ARGUMENT'],
    ['a size of nothing', { perClass: 1, seed: 1, sizePx: 2 }, 'INVALID_ARGUMENT'],
    ['an abort', { perClass: 1, seed: 1, signal: AbortSignal.abort() }, 'CANCELLED'],
  ];
  for (const [what, options, code] of refused) {
    test(`${what} is answered ${code}`, () =>
      inFolder((folder) =>
        assert.rejects(writePhantomDataset(folder, options), (error: SulcusError) => error.code === code),
      ));
  }
});
