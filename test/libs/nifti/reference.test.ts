import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { decodeFrame, frameAttributes, parseDicom, readPixelModule, sliceGeometry } from '#libs/dicom';
import { niftiToDicom, parseNifti } from '#libs/nifti';

const FOLDER = new URL('../../fixtures/nifti/', import.meta.url);
const LIMITS = { maxBytes: 1e6, maxPixels: 1e6 };

/** What nibabel says of a volume: scripts/fixtures/nifti_reference.py. */
interface Reference {
  shape: [number, number, number];
  affine: number[][];
  values: string;
}

const { volumes } = JSON.parse(readFileSync(new URL('reference.json', FOLDER), 'utf8')) as {
  volumes: Record<string, Reference>;
};

const valuesOf = ({ values }: Reference): Float64Array => {
  const bytes = Buffer.from(values, 'base64');
  return Float64Array.from({ length: bytes.length / 8 }, (_, at) => bytes.readDoubleLE(8 * at));
};

/** Solves `affine * voxel = place` by Cramer's rule. */
function voxelAt(affine: readonly (readonly number[])[], place: readonly number[]): number[] {
  const matrix = affine.map((row) => row.slice(0, 3));
  const right = affine.map((row, at) => place[at]! - row[3]!);
  const determinant = (rows: readonly (readonly number[])[]): number => {
    const at = (row: number, column: number): number => rows[row]![column]!;
    const minor = (one: number, two: number): number => at(1, one) * at(2, two) - at(1, two) * at(2, one);
    return at(0, 0) * minor(1, 2) - at(0, 1) * minor(0, 2) + at(0, 2) * minor(0, 1);
  };
  const whole = determinant(matrix);
  return [0, 1, 2].map((column) => determinant(matrix.map((row, at) => row.with(column, right[at]!))) / whole);
}

describe('NIfTI volumes, compared with nibabel', () => {
  for (const [name, reference] of Object.entries(volumes)) {
    const bytes = readFileSync(new URL(name, FOLDER));
    const values = valuesOf(reference);

    it(`${name}: voxels lie where nibabel puts them and measure what it says`, () => {
      const { size, affine, valueAt, slope, intercept } = parseNifti(bytes, LIMITS);
      assert.deepEqual(size, reference.shape);
      for (const [row, expected] of reference.affine.entries())
        for (const [column, value] of expected.entries())
          assert.ok(
            Math.abs(affine[row]![column]! - value) < 1e-5,
            `${row} ${column}: ${affine[row]![column]} ${value}`,
          );
      for (const [at, value] of values.entries()) assert.equal(slope * valueAt(at) + intercept, value);
    });

    it(`${name}: so does every pixel of the slices that it becomes, in each plane`, async () => {
      const [low, high] = [Math.min(...values), Math.max(...values)];
      for (const plane of ['axial', 'coronal', 'sagittal'] as const) {
        const file = parseDicom(niftiToDicom(bytes, { plane, limits: LIMITS }));
        const pixels = readPixelModule(file.dataSet);
        const [slope, intercept] = [file.dataSet.number('RescaleSlope')!, file.dataSet.number('RescaleIntercept')!];
        const seen = new Set<number>();
        for (let slice = 0; slice < pixels.frames; slice++) {
          const attributes = frameAttributes(file.dataSet, slice);
          assert.equal(sliceGeometry(attributes)!.plane, plane, name);
          const origin = attributes.numbers('ImagePositionPatient');
          const directions = attributes.numbers('ImageOrientationPatient');
          const [betweenRows = 0, betweenColumns = 0] = attributes.numbers('PixelSpacing');
          const { words } = await decodeFrame(file, pixels, slice);
          for (const [at, word] of words.entries()) {
            const [row, column] = [Math.floor(at / pixels.columns), at % pixels.columns];
            // PS3.3 C.7.6.2.1.1; DICOM points left and to the back where NIfTI points right and forward.
            const [x = 0, y = 0, z = 0] = origin.map(
              (start, axis) =>
                start + directions[axis]! * betweenColumns * column + directions[3 + axis]! * betweenRows * row,
            );
            const voxel = voxelAt(reference.affine, [-x, -y, z]);
            const [i = 0, j = 0, k = 0] = voxel.map(Math.round);
            for (const [axis, place] of voxel.entries()) assert.ok(Math.abs(place - [i, j, k][axis]!) < 1e-3);
            const index = i + reference.shape[0] * (j + reference.shape[1] * k);
            seen.add(index);
            const stored = pixels.isSigned ? (word << 16) >> 16 : word;
            const error = Math.abs(slope * stored + intercept - values[index]!);
            // Whole numbers are kept, all others put on 65,536 steps.
            assert.ok(error <= (slope === 1 ? 0 : 0.51 * ((high - low) / 65_535)), `${plane} ${slice} ${at}: ${error}`);
          }
        }
        assert.equal(seen.size, values.length, 'every voxel is there once');
      }
    });
  }
});
