import type { Recipe } from '../recipe.js';

const COMMON = {
  head: 'flatten-dense1000-dense',
  input: { height: 256, width: 256, channels: 1 },
  precision: 'auto',
  optimizer: { name: 'adam', learningRate: 0.0001 },
  batchSize: 32,
  epochs: 50,
  earlyStopping: null,
  transform: 's4',
  seed: 1,
} as const;

const MOBILENET: Recipe = {
  ...COMMON,
  name: 's4-mobilenet-v3-large',
  description: 'MobileNetV3-Large, means of the features to 1000 to the classes, fed the range its weights expect',
  architecture: 'mobilenet_v3_large',
  head: 'gap-dense1000-dense',
  transform: 's4-symmetric',
};

/** An article on four networks for four classes of brain MRI at 256 px; see docs/reproductions.md. */
export const S4_RECIPES: readonly Recipe[] = [
  {
    ...COMMON,
    name: 's4-resnet152',
    description: 'ResNet-152, all features to 1000 to the classes',
    architecture: 'resnet152',
  },
  {
    ...COMMON,
    name: 's4-densenet169',
    description: 'DenseNet-169, all features to 1000 to the classes',
    architecture: 'densenet169',
  },
  {
    ...COMMON,
    name: 's4-vgg19',
    description: 'VGG-19, all features to 1000 to the classes',
    architecture: 'vgg19',
  },
  MOBILENET,
  {
    ...MOBILENET,
    name: 's4-mobilenet-v3-large-faithful',
    description: 'The same with pixels scaled to 0-1 and then again as if they were 0-255',
    transform: 's4-rescaled-twice',
  },
];
