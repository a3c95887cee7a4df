import type { Recipe } from '../recipe.js';

const COMMON = {
  precision: 'auto',
  optimizer: { name: 'adam', learningRate: 0.001 },
  batchSize: 100,
  earlyStopping: null,
  seed: 1,
} as const;

const RESNET50 = {
  ...COMMON,
  architecture: 'resnet50',
  input: { height: 200, width: 200, channels: 3 },
  transform: 's2',
} as const;

const PLATEAU = { name: 'reduceOnPlateau', factor: 0.1, patience: 10, threshold: 0.0001 } as const;

/** A run, and the same with ImageNet's 1000 outputs left in place for two classes. */
const withFaithful = (recipe: Recipe): Recipe[] => [
  recipe,
  {
    ...recipe,
    name: `${recipe.name}-faithful`,
    description: `${recipe.description}, with the 1000-way head left in place`,
    head: 'classifier-1000-way',
  },
];

/** A course report on a binary classifier: four runs, each changing one thing; see docs/reproductions.md. */
export const S2_RECIPES: readonly Recipe[] = [
  {
    ...COMMON,
    name: 's2-run1',
    description: 'Binary classifier, first run: baseline CNN without augmentation',
    architecture: 'baseline-cnn',
    input: { height: 256, width: 256, channels: 3 },
    epochs: 100,
    transform: 's2-plain',
  },
  ...withFaithful({
    ...RESNET50,
    name: 's2-run2',
    description: 'Binary classifier, second run: ResNet-50 on augmented 200 px crops',
    epochs: 10,
  }),
  ...withFaithful({
    ...RESNET50,
    name: 's2-run3',
    description: 'Binary classifier, third run: the second with the learning rate reduced on a plateau, 100 epochs',
    epochs: 100,
    schedule: PLATEAU,
  }),
  ...withFaithful({
    ...RESNET50,
    name: 's2-run4',
    description: 'Binary classifier, fourth run: the third with 150 epochs',
    epochs: 150,
    schedule: PLATEAU,
  }),
];
