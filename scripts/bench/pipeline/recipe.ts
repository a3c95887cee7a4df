import { s0Transform } from '#libs/imaging';

/** A network so small that its input is what is waited for. */
export const pipelineRecipe = () => ({
  name: 'bench-pipeline',
  architecture: 'baseline-cnn',
  input: { height: 32, width: 32, channels: 1 },
  precision: 'float32',
  optimizer: { name: 'adam', learningRate: 0.0001 },
  mode: 'epochs',
  batchSize: 16,
  epochs: 100_000,
  earlyStopping: null,
  transform: s0Transform(32),
  seed: 1,
});
