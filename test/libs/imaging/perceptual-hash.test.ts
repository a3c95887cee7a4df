import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { perceptualHash, perceptualHashInTurns } from '#libs/imaging';

const SIDE = 16;

/** Brightness of 16 x 16 equal areas, pixel by pixel, each counted by the part of it that lies in an area. */
function plainHash(width: number, height: number, data: Uint8Array): number[] {
  const share = (size: number, area: number, pixel: number): number =>
    Math.max(0, Math.min(((area + 1) * size) / SIDE, pixel + 1) - Math.max((area * size) / SIDE, pixel));
  const means = Array.from({ length: SIDE * SIDE }, (_, index) => {
    const [areaX, areaY] = [index % SIDE, Math.floor(index / SIDE)];
    let [sum, weight] = [0, 0];
    for (let y = Math.floor((areaY * height) / SIDE); y < Math.ceil(((areaY + 1) * height) / SIDE); y++)
      for (let x = Math.floor((areaX * width) / SIDE); x < Math.ceil(((areaX + 1) * width) / SIDE); x++) {
        const part = share(width, areaX, x) * share(height, areaY, y);
        sum += part * data[y * width + x]!;
        weight += part;
      }
    return sum / weight;
  });
  const [low, high] = [Math.min(...means), Math.max(...means)];
  return means.map((mean) => Math.round((255 * (mean - low)) / (high - low)));
}

describe('a perceptual hash', () => {
  for (const [width, height] of [
    ...[
      [512, 512],
      [256, 100],
      [500, 333],
      [17, 13],
      [5, 3],
    ],
    // As wide as what is summed up in one go, and wider.
    ...[
      [8192, 16],
      [8196, 16],
    ],
  ] as [number, number][])
    test(`is the brightness of equal areas of ${width} x ${height} pixels, wherever its bytes lie`, () => {
      const bytes = new Uint8Array(width * height + 1);
      const fill = (data: Uint8Array): Uint8Array =>
        data.map((_, at) => (at % width > width / 2 ? 255 : (at * at * 7) % 251));
      const pictures = [0, 1].map((offset) => {
        const data = bytes.subarray(offset, offset + width * height);
        data.set(fill(data));
        return perceptualHash({ width, height, channels: 1, data });
      });
      assert.deepEqual(pictures[0], pictures[1]);
      const expected = plainHash(width, height, fill(bytes.subarray(1)));
      // Sums in another order may round to the next number.
      for (const [at, grey] of pictures[0]!.entries()) assert.ok(Math.abs(grey - expected[at]!) <= 1, `${at}`);
    });
});

test('a large picture is hashed in turns with others, and has the same hash', async () => {
  const [width, height] = [4099, 4097];
  const data = Uint8Array.from({ length: width * height }, (_, at) => (at * 31 + (at >>> 13)) & 0xff);
  const image = { width, height, channels: 1 as const, data };
  let turns = 0;
  let isOver = false;
  const count = (): void => void (isOver || (turns++, setImmediate(count)));
  setImmediate(count);
  const hash = await perceptualHashInTurns(image);
  isOver = true;
  assert.deepEqual(hash, perceptualHash(image));
  assert.ok(turns >= 7, `${turns} turns of others meanwhile`);
});
