import type { Recipe } from '../recipe.js';

const RESNET50: Recipe = {
  name: 's0-resnet50',
  description: 'ResNet-50 as the seed S0 trains it (mission rows S0-03 to S0-21)',
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

/** ResNet-50 for four classes of brain MRI. */
export const S0_RECIPES: readonly Recipe[] = [
  RESNET50,
  {
    ...RESNET50,
    name: 's0-resnet50-2gpu',
    description: 'The same on two devices, as DataParallel does it: each batch in two shards with norms of their own',
    shards: 2,
  },
  {
    ...RESNET50,
    name: 's0-resnet50-faithful',
    description:
      'The same with its oddities: batch norm stays in evaluation mode after the first epoch, every validation offers its weights (S0-22, S0-23)',
    bnFrozenAfterFirstEpoch: true,
    candidates: 'every',
  },
];
