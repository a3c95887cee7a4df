import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DataSet, hangUpright, sliceGeometry, textElement } from '#libs/dicom';

/** The attributes of a slice. */
function slice(orientation: readonly number[], position: readonly number[]): DataSet {
  const dataSet = new DataSet();
  for (const element of [
    textElement('ImageOrientationPatient', orientation.map(String)),
    textElement('ImagePositionPatient', position.map(String)),
  ])
    dataSet.elements.set(element.tag, element);
  return dataSet;
}

describe('geometry', () => {
  it('names the plane by the normal, whichever way rows and columns run', () => {
    for (const [plane, orientation] of [
      ['axial', [1, 0, 0, 0, 1, 0]],
      ['axial', [-1, 0, 0, 0, -1, 0]],
      ['axial', [0, 1, 0, 1, 0, 0]],
      ['axial', [1, 0, 0, 0, 0.94, -0.342]],
      ['coronal', [1, 0, 0, 0, 0, -1]],
      ['sagittal', [0, 1, 0, 0, 0, -1]],
      ['oblique', [1, 0, 0, 0, 0.7071, 0.7071]],
    ] as const)
      assert.equal(sliceGeometry(slice(orientation, [0, 0, 0]))?.plane, plane, orientation.join());
  });

  it('orders slices along the body, not by the direction of their numbers', () => {
    const at = (z: number, orientation: readonly number[]): number =>
      sliceGeometry(slice(orientation, [-100, -100, z]))!.positionMm;
    for (const orientation of [
      [1, 0, 0, 0, 1, 0],
      [0, 1, 0, 1, 0, 0],
    ])
      assert.ok(at(30, orientation) > at(25, orientation));
  });

  it('without an orientation that makes sense there is no geometry', () => {
    assert.equal(sliceGeometry(new DataSet()), undefined);
    assert.equal(sliceGeometry(slice([1, 0, 0, 1, 0, 0], [0, 0, 0])), undefined);
    assert.equal(sliceGeometry(slice([0, 0, 0, 0, 0, 0], [0, 0, 0])), undefined);
  });

  it('hangs every slice of a plane alike: a mark on the left stays on the left', () => {
    /** Values of a body: each place has its own; x to the left, y to the back. */
    const [columns, rows] = [3, 2];
    const seen = new Set<string>();
    for (const [row, column] of [
      [
        [1, 0, 0],
        [0, 1, 0],
      ],
      [
        [-1, 0, 0],
        [0, 1, 0],
      ],
      [
        [1, 0, 0],
        [0, -1, 0],
      ],
      [
        [-1, 0, 0],
        [0, -1, 0],
      ],
      [
        [0, 1, 0],
        [1, 0, 0],
      ],
      [
        [0, -1, 0],
        [1, 0, 0],
      ],
      [
        [0, 1, 0],
        [-1, 0, 0],
      ],
      [
        [0, -1, 0],
        [-1, 0, 0],
      ],
    ] as const) {
      const isTransposed = row[0] === 0;
      const [width, height] = isTransposed ? [rows, columns] : [columns, rows];
      const data = new Uint8Array(width * height);
      for (let v = 0; v < height; v++)
        for (let u = 0; u < width; u++) {
          const along = (axis: 0 | 1, size: number): number => {
            const step = row[axis] === 0 ? column[axis] * v : row[axis] * u;
            return step < 0 || Object.is(step, -0) || row[axis] + column[axis] < 0 ? size - 1 + step : step;
          };
          data[v * width + u] = 10 * along(1, rows) + along(0, columns);
        }
      const hung = hangUpright(
        { width, height, channels: 1, data },
        sliceGeometry(slice([...row, ...column], [0, 0, 0])),
      );
      seen.add(`${hung.width}x${hung.height}: ${[...hung.data].join(' ')}`);
    }
    assert.deepEqual([...seen], ['3x2: 0 1 2 10 11 12']);
  });
});
