import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { decodeFrame, frameAttributes, parseDicom, readFrame, readPixelModule, sliceGeometry } from '#libs/dicom';
import { isNifti, niftiToDicom, NiftiWorkerPool, parseNifti } from '#libs/nifti';

const LIMITS = { maxBytes: 1e6, maxPixels: 1e6 };
const SIZE = [5, 4, 3] as const;

interface Volume {
  version?: 1 | 2;
  isLittle?: boolean;
  datatype?: number;
  slope?: number;
  intercept?: number;
  /** Rows of the affine form; absent: the quaternion's. */
  sform?: number[][];
  quaternion?: number[];
  qfac?: number;
  voxel?: (i: number, j: number, k: number) => number;
  times?: number;
}

const number = (i: number, j: number, k: number): number => 100 * k + 10 * j + i;

/** A file of five by four by three voxels, written by the tables of nifti1.h and nifti2.h. */
function nifti({ version = 1, isLittle = true, datatype = 4, voxel = number, ...more }: Volume = {}): Buffer {
  const start = version === 1 ? 352 : 544;
  const bytesOf: Record<number, number> = { 2: 1, 4: 2, 16: 4, 512: 2 };
  const bytes = Buffer.alloc(start + 60 * bytesOf[datatype]!);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const i16 = (at: number, value: number): void => view.setInt16(at, value, isLittle);
  const i32 = (at: number, value: number): void => view.setInt32(at, value, isLittle);
  const float = (at: number, value: number): void =>
    version === 1 ? view.setFloat32(at, value, isLittle) : view.setFloat64(at, value, isLittle);
  const width = version === 1 ? 4 : 8;
  const at = <T>(one: T, two: T): T => (version === 1 ? one : two);
  i32(0, at(348, 540));
  bytes.write(at('n+1\0', 'n+2\0'), at(344, 4), 'latin1');
  const dim = [more.times ? 4 : 3, ...SIZE, more.times ?? 1];
  dim.forEach((side, index) =>
    version === 1 ? i16(40 + 2 * index, side) : view.setBigInt64(16 + 8 * index, BigInt(side), isLittle),
  );
  i16(at(70, 12), datatype);
  [more.qfac ?? 1, 2, 3, 4].forEach((value, index) => float(at(76, 104) + width * index, value));
  if (version === 1) float(108, start);
  else view.setBigInt64(168, BigInt(start), isLittle);
  float(at(112, 176), more.slope ?? 0);
  float(at(116, 184), more.intercept ?? 0);
  const codes = [more.quaternion ? 1 : 0, more.sform ? 1 : 0];
  codes.forEach((code, index) => (version === 1 ? i16(252 + 2 * index, code) : i32(344 + 4 * index, code)));
  more.quaternion?.forEach((value, index) => float(at(256, 352) + width * index, value));
  more.sform?.flat().forEach((value, index) => float(at(280, 400) + width * index, value));
  let place = start;
  for (let k = 0; k < 3; k++)
    for (let j = 0; j < 4; j++)
      for (let i = 0; i < 5; i++) {
        const value = voxel(i, j, k);
        if (datatype === 2) view.setUint8(place, value);
        else if (datatype === 16) view.setFloat32(place, value, isLittle);
        else if (datatype === 4) i16(place, value);
        else view.setUint16(place, value, isLittle);
        place += bytesOf[datatype]!;
      }
  return bytes;
}

const RAS = [
  [2, 0, 0, -10],
  [0, 3, 0, -20],
  [0, 0, 4, -30],
];

describe('NIfTI volumes', () => {
  it('are known by their headers, packed or not, in both versions and orders of bytes', () => {
    for (const version of [1, 2] as const)
      for (const isLittle of [true, false]) {
        const file = nifti({ version, isLittle, sform: RAS });
        assert.ok(isNifti(file));
        assert.ok(isNifti(gzipSync(file)));
        const { size, affine, valueAt } = parseNifti(gzipSync(file), LIMITS);
        assert.deepEqual([size, affine], [[...SIZE], RAS]);
        assert.equal(valueAt(3 + 5 * (2 + 4 * 1)), number(3, 2, 1));
      }
    assert.equal(isNifti(gzipSync(Buffer.from('something else'))), false);
    assert.equal(isNifti(Buffer.alloc(400)), false);
  });

  it('lie as their quaternion says where there is no affine form', () => {
    // Half a turn about z: nifti1.h's R(0, 0, 1) is diag(-1, -1, 1).
    const { affine } = parseNifti(nifti({ quaternion: [0, 0, 1, 5, 6, 7] }), LIMITS);
    assert.deepEqual(
      affine,
      [
        [-2, 0, 0, 5],
        [0, -3, 0, 6],
        [0, 0, 4, 7],
      ].map((row) => row.map((value) => value + 0)),
    );
    // A quarter turn about x, and a third axis that is turned over.
    const turned = parseNifti(nifti({ quaternion: [Math.SQRT1_2, 0, 0, 0, 0, 0], qfac: -1 }), LIMITS).affine;
    const expected = [
      [2, 0, 0],
      [0, 0, 4],
      [0, 3, 0],
    ];
    for (const [row, values] of expected.entries())
      for (const [column, value] of values.entries()) assert.ok(Math.abs(turned[row]![column]! - value) < 1e-5);
  });

  it('become DICOM slices of the plane that is named, each where it lies and with its values', async () => {
    const planes = [
      ['axial', 3, (slice: number, row: number, column: number) => number(column, row, slice), 4],
      ['coronal', 4, (slice: number, row: number, column: number) => number(column, slice, row), 3],
      ['sagittal', 5, (slice: number, row: number, column: number) => number(slice, column, row), 2],
    ] as const;
    for (const [plane, slices, valueOf, stepMm] of planes) {
      const file = parseDicom(niftiToDicom(nifti({ sform: RAS }), { plane, limits: LIMITS }));
      const pixels = readPixelModule(file.dataSet);
      assert.equal(pixels.frames, slices);
      const places: number[] = [];
      for (let slice = 0; slice < slices; slice++) {
        const geometry = sliceGeometry(frameAttributes(file.dataSet, slice));
        assert.equal(geometry?.plane, plane);
        places.push(geometry.positionMm);
        const { words } = await decodeFrame(file, pixels, slice);
        words.forEach((word, at) =>
          assert.equal(
            word,
            valueOf(slice, Math.floor(at / pixels.columns), at % pixels.columns),
            `${plane} ${slice} ${at}`,
          ),
        );
      }
      for (let slice = 1; slice < slices; slice++)
        assert.ok(Math.abs(Math.abs(places[slice]! - places[slice - 1]!) - stepMm) < 1e-6);
    }
  });

  it('hang alike however they are stored: left stays left, the face stays up', async () => {
    const hung = async (volume: Volume) => {
      const file = parseDicom(niftiToDicom(nifti(volume), { plane: 'axial', limits: LIMITS }));
      return (await readFrame(file, 1)).render({ purpose: 'model' }).data;
    };
    const straight = await hung({ sform: RAS });
    // The same head, whose first axis runs to the left and whose second to the back.
    const mirrored = await hung({
      sform: [
        [-2, 0, 0, -2],
        [0, -3, 0, -11],
        [0, 0, 4, -30],
      ],
      voxel: (i, j, k) => number(4 - i, 3 - j, k),
    });
    assert.deepEqual(mirrored, straight);
    // The patient's left on the right: RAS runs to her right, so the picture is turned over.
    assert.ok(straight[0]! > straight[4]!);
  });

  it('keep what they measure: slopes, signs, and fractions on 65,536 steps', async () => {
    const measured = async (volume: Volume) => {
      const file = parseDicom(niftiToDicom(nifti({ sform: RAS, ...volume }), { plane: 'axial', limits: LIMITS }));
      return [...(await readFrame(file, 2)).histogram().counted.values];
    };
    const values = Array.from({ length: 20 }, (_, at) => number(at % 5, Math.floor(at / 5), 2));
    assert.deepEqual(
      await measured({ slope: 2, intercept: -50 }),
      values.map((value) => 2 * value - 50),
    );
    assert.deepEqual(await measured({ voxel: (i, j, k) => -number(i, j, k) }), values.map((value) => -value).reverse());
    const fractions = await measured({ datatype: 16, voxel: (i, j, k) => number(i, j, k) / 7 });
    fractions.forEach((value, at) => assert.ok(Math.abs(value - values[at]! / 7) < 234 / 7 / 65_535));
  });

  it('damaged, of several times, too large, or of numbers that are not read, are refused with their codes', () => {
    const refused = (bytes: Buffer, code: string, limits = LIMITS) =>
      assert.throws(() => parseNifti(bytes, limits), { code });
    refused(nifti().subarray(0, 400), 'IMAGE_TRUNCATED');
    refused(gzipSync(nifti()).subarray(0, 60), 'IMAGE_TRUNCATED');
    refused(nifti({ times: 2 }), 'IMAGE_UNSUPPORTED');
    refused(nifti(), 'IMAGE_TOO_LARGE', { maxBytes: 1e6, maxPixels: 10 });
    refused(gzipSync(nifti()), 'IMAGE_TOO_LARGE', { maxBytes: 300, maxPixels: 1e6 });
    const colour = nifti();
    colour.writeInt16LE(128, 70);
    refused(colour, 'IMAGE_UNSUPPORTED');
    const sideless = nifti();
    sideless.writeInt16LE(-3, 42);
    refused(sideless, 'IMAGE_UNDECODABLE');
  });

  it('are turned into DICOM beside the thread that asks, with the same bytes', async () => {
    await using pool = new NiftiWorkerPool();
    const options = { plane: 'axial', limits: LIMITS } as const;
    const file = gzipSync(nifti({ sform: RAS }));
    assert.ok((await pool.toDicom(file, options)).equals(niftiToDicom(file, options)));
    await assert.rejects(pool.toDicom(nifti({ times: 2 }), options), { code: 'IMAGE_UNSUPPORTED' });
    // Sixty kilobytes of gzip that are sixty million voxels.
    const side = 390;
    const head = nifti().subarray(0, 352);
    for (const axis of [1, 2, 3]) head.writeInt16LE(side, 40 + 2 * axis);
    head.writeInt16LE(2, 70);
    const large = gzipSync(Buffer.concat([head, Buffer.alloc(side ** 3)]));
    assert.ok(large.length < 100_000);
    const startedMs = performance.now();
    assert.ok(isNifti(large));
    assert.ok(performance.now() - startedMs < 50, 'what it is is known without unpacking it');
    let turns = 0;
    const timer = setInterval(() => turns++, 5);
    const made = await pool.toDicom(large, { plane: 'axial', limits: { maxBytes: 64e6, maxPixels: 1e6 } });
    clearInterval(timer);
    assert.ok(made.length > side ** 3);
    assert.ok(turns > 10, `${turns} turns of others meanwhile`);
  });
});
