import type { Bus } from '#libs/bus';
import type { Split } from '#libs/contracts';
import { encodeImage } from '#libs/imaging';
import { createRandom } from '#libs/random';
import { publishScan } from '../../helpers/scans.js';

/** Names of the two classes of {@link publishScans}. */
export const CLASSES = ['left', 'right'] as const;

/** Publishes grey images of 32x32 pixels whose left or right half is brighter, as ingest would. */
export async function publishScans(
  bus: Bus,
  count: number,
  split: Split,
  options: { seed: string; label?: (index: number) => string },
): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    const side = index % 2;
    const random = createRandom(options.seed, split, index);
    const data = Uint8Array.from(
      { length: 32 * 32 },
      (_, pixel) => (pixel % 32 < 16 === (side === 0) ? 150 : 60) + random.integer(0, 60),
    );
    const image = await encodeImage({ width: 32, height: 32, channels: 1, data }, 'png');
    const label = options.label ? options.label(index) : CLASSES[side]!;
    const { sampleId } = await publishScan(bus, image, { site: 'test', split, label, source: `${index}.png` });
    ids.push(sampleId);
  }
  return ids;
}

/** A recipe that trains in seconds; its learning rate changes within epochs. */
export const RECIPE = {
  name: 'tiny',
  architecture: 'baseline-cnn',
  input: { height: 32, width: 32, channels: 1 },
  precision: 'float32',
  optimizer: { name: 'adam', learningRate: 0.003 },
  schedule: { name: 'step', every: 'batch', stepSize: 4, factor: 0.9 },
  labelSmoothing: 0.01,
  batchSize: 8,
  epochs: 3,
  earlyStopping: null,
  transform: {
    name: 'tiny-32',
    outputHeight: 32,
    outputWidth: 32,
    channels: 1,
    interpolation: 'bilinear',
    train: [
      { op: 'resize', height: 32, width: 32 },
      { op: 'colorJitter', brightness: [0.9, 1.1], contrast: [0.9, 1.1] },
    ],
    eval: [{ op: 'resize', height: 32, width: 32 }],
    normalize: { mean: [0.5], std: [0.5] },
  },
  seed: 11,
};
