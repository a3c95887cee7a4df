import type { Recipe } from '../recipe.js';

const VGG16: Recipe = {
  name: 's3-vgg16',
  description:
    'VGG-16 for two classes, as an article on Amazon SageMaker trains it: SGD, the rate divided by 10 every 7 epochs',
  architecture: 'vgg16',
  input: { height: 224, width: 224, channels: 3 },
  precision: 'auto',
  optimizer: { name: 'sgd', learningRate: 0.001, momentum: 0.9 },
  schedule: { name: 'step', every: 'epoch', stepSize: 7, factor: 0.1 },
  batchSize: 16,
  epochs: 3,
  earlyStopping: null,
  transform: 's3',
  seed: 1,
};

/** An article on VGG-16 and Amazon SageMaker; see docs/reproductions.md. */
export const S3_RECIPES: readonly Recipe[] = [
  VGG16,
  {
    ...VGG16,
    name: 's3-vgg16-faithful',
    description:
      'The same with its oddities: the rate divided by 10 every 7 batches, which ends learning after 28; evaluation ' +
      'without normalisation and with dropout',
    unnormalizedEvaluation: true,
    dropoutInEvaluation: true,
    championDespiteEvaluation: true,
    schedule: { name: 'step', every: 'batch', stepSize: 7, factor: 0.1 },
  },
];
