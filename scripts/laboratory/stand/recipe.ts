export const RUN = 'laboratory';

/** A network small enough that a round is spent on faults and recoveries. */
export const laboratoryRecipe = ({ epochs }: { epochs: number }) => ({
  name: 'laboratory',
  architecture: 'baseline-cnn',
  input: { height: 32, width: 32, channels: 1 },
  precision: 'float32',
  optimizer: { name: 'adam', learningRate: 0.001 },
  // More than the validation split holds: training then begins when the import has gone quiet, with the same samples
  // in every run.
  batchSize: 32,
  epochs,
  earlyStopping: null,
  mode: 'epochs',
  transform: {
    name: 'laboratory-32',
    outputHeight: 32,
    outputWidth: 32,
    channels: 1,
    interpolation: 'bilinear',
    train: [
      { op: 'resize', height: 32, width: 32 },
      { op: 'randomHorizontalFlip', probability: 0.5 },
    ],
    eval: [{ op: 'resize', height: 32, width: 32 }],
    normalize: { mean: [0.5], std: [0.5] },
  },
  seed: 3,
});
