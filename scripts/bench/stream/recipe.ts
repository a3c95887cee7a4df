import type { StreamBenchOptions } from './options.js';

/** A small network that learns four new images a step, each with three replayed ones. */
export const benchRecipe = ({ size, seed }: Pick<StreamBenchOptions, 'size' | 'seed'>) => ({
  name: 'bench-stream',
  architecture: 'baseline-cnn',
  input: { height: size, width: size, channels: 1 },
  precision: 'float32',
  optimizer: { name: 'adam', learningRate: 0.001 },
  mode: 'stream',
  stream: { replayedPerArrival: 3, memorySize: 1000, warmUp: { samples: 400, epochs: 3 }, heldOutSize: 200 },
  batchSize: 16,
  epochs: 1,
  earlyStopping: null,
  transform: {
    name: `bench-stream-${size}`,
    outputHeight: size,
    outputWidth: size,
    channels: 1,
    interpolation: 'bilinear',
    train: [
      { op: 'resize', height: size, width: size },
      { op: 'randomHorizontalFlip', probability: 0.5 },
    ],
    eval: [{ op: 'resize', height: size, width: size }],
    normalize: { mean: [0.5], std: [0.5] },
  },
  seed,
});
