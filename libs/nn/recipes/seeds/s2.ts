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

/** A run and its form with ImageNet's 1000 outputs left in place for two classes (S2-04). */
const run = (recipe: Recipe): Recipe[] => [
  recipe,
  {
    ...recipe,
    name: `${recipe.name}-faithful`,
    description: `${recipe.description}, with the 1000-way head left in place (S2-04)`,
    head: 'classifier-1000-way',
  },
];

/** Four runs of a binary classifier, each changing one thing. */
export const S2_RECIPES: readonly Recipe[] = [
  {
    ...COMMON,
    name: 's2-run1',
    description: 'Baseline CNN without augmentation (mission rows S2-01, S2-02)',
    architecture: 'baseline-cnn',
    input: { height: 256, width: 256, channels: 3 },
    epochs: 100,
    transform: 's2-plain',
  },
  ...run({
    ...RESNET50,
    name: 's2-run2',
    description: 'ResNet-50 on augmented 200 px crops (S2-03 to S2-06, S2-09)',
    epochs: 10,
  }),
  ...run({
    ...RESNET50,
    name: 's2-run3',
    description: 'Run 2 with the rate reduced on a plateau, 100 epochs (S2-08, S2-10)',
    epochs: 100,
    schedule: PLATEAU,
  }),
  ...run({
    ...RESNET50,
    name: 's2-run4',
    description: 'Run 3 with 150 epochs (S2-11)',
    epochs: 150,
    schedule: PLATEAU,
  }),
];
