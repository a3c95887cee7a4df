import type { Recipe } from '../recipe.js';

const RESNET50: Recipe = {
  name: 's0-resnet50',
  description:
    'ResNet-50 for four classes of brain MRI at 244 px, as the notebook "Scalable solution - ResNet50" trains it',
  architecture: 'resnet50',
  input: { height: 244, width: 244, channels: 1 },
  precision: 'auto',
  optimizer: { name: 'adam', learningRate: 0.0001 },
  batchSize: 64,
  epochs: 15,
  earlyStopping: { patience: 5 },
  transform: 's0',
  seed: 1,
};

/** The notebook "Scalable solution - ResNet50"; see docs/reproductions.md. */
export const S0_RECIPES: readonly Recipe[] = [
  RESNET50,
  {
    ...RESNET50,
    name: 's0-resnet50-2gpu',
    description:
      'The same on two devices, as DataParallel does it: each batch in two shards with statistics of their own',
    shards: 2,
  },
  {
    ...RESNET50,
    name: 's0-resnet50-faithful',
    description:
      'The same with its oddities: after the first epoch batch norm keeps its running statistics, validation images ' +
      'are augmented, and every validation publishes its weights',
    bnFrozenAfterFirstEpoch: true,
    augmentedValidation: true,
    candidates: 'every',
  },
];
