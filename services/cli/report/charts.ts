import type { ClassReport } from './report-data.js';
import { DRAWING_STYLE } from './page-style.js';
import { lineChart } from './svg/line-chart.js';
import { pictureFile } from './svg/markup.js';
import type { TrainingHistory } from '../launcher/state/training-history.js';

/** As in the plots of the reproduced notebooks: training 'bo-', validation 'ro-'. */
const TRAINING_COLOUR = '#1f5fa0';
const VALIDATION_COLOUR = '#c62f2f';

/** Told apart by people who see colours differently too (Okabe and Ito); used in turn. */
const CLASS_COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** Loss or accuracy over the steps: each report of the trainer faintly, means and validations with dots. */
export function learningChart(history: TrainingHistory, key: 'loss' | 'accuracy', recipe: string): string {
  const name = key === 'loss' ? 'Loss' : 'Accuracy';
  const means = history.trainingAtValidations();
  return lineChart({
    title: `${recipe} - Training and Validation ${name}`,
    xLabel: 'Training steps',
    yLabel: name,
    xRange: [0, 0],
    yRange: key === 'loss' ? [0, 0] : [0, 1],
    series: [
      {
        name: 'Training, as reported',
        colour: TRAINING_COLOUR,
        opacity: 0.35,
        points: history.training.map((point) => [point.step, point[key]]),
      },
      {
        name: 'Training, mean since the last validation',
        colour: TRAINING_COLOUR,
        markers: true,
        points: history.validations.map(({ step }, index) => [step, means[index]?.[key] ?? NaN]),
      },
      {
        name: 'Validation',
        colour: VALIDATION_COLOUR,
        markers: true,
        points: history.validations.map((point) => [point.step, point[key]]),
      },
    ],
  });
}

/** Loss or accuracy by epoch, from 1, as a file of its own: training over the epoch, the last validation in it. */
export function epochPicture(history: TrainingHistory, key: 'loss' | 'accuracy', recipe: string): string {
  const name = key === 'loss' ? 'Loss' : 'Accuracy';
  const epochs = history.byEpoch(key);
  const points = (part: 'training' | 'validation') => epochs.map((one) => [one.epoch + 1, one[part]] as const);
  const shared = { markers: true };
  return pictureFile(
    lineChart({
      title: `${recipe} - Training and Validation ${name}`,
      xLabel: 'Epochs',
      yLabel: name,
      series: [
        { name: `Training ${name}`, colour: TRAINING_COLOUR, points: points('training'), ...shared },
        { name: `Validation ${name}`, colour: VALIDATION_COLOUR, points: points('validation'), ...shared },
      ],
    }),
    DRAWING_STYLE,
  );
}

/** Validation loss of several runs over their steps, as a file of its own. */
export const comparisonChart = (runs: ReadonlyMap<string, readonly { step: number; loss: number }[]>): string =>
  pictureFile(
    lineChart({
      title: 'Validation loss',
      xLabel: 'Training steps',
      yLabel: 'Loss',
      xRange: [0, 0],
      yRange: [0, 0],
      series: [...runs].map(([name, points], index) => ({
        name,
        colour: CLASS_COLOURS[index % CLASS_COLOURS.length]!,
        markers: true,
        points: points.map(({ step, loss }) => [step, loss] as const),
      })),
    }),
    DRAWING_STYLE,
  );

/** One curve per class against all others. */
export function rocChart(reports: readonly ClassReport[]): string {
  return lineChart({
    title: 'ROC, one class against the others',
    xLabel: 'False positive rate',
    yLabel: 'True positive rate',
    xRange: [0, 1],
    yRange: [0, 1],
    series: [
      ...reports.flatMap(({ name, roc }, index) =>
        roc
          ? [
              {
                name: `${name}, AUC ${roc.auc.toFixed(4)}`,
                colour: CLASS_COLOURS[index % CLASS_COLOURS.length]!,
                points: roc.points.map((point) => [point.falsePositiveRate, point.truePositiveRate] as const),
              },
            ]
          : [],
      ),
      {
        name: 'Chance',
        colour: '#888888',
        dashed: true,
        points: [
          [0, 0],
          [1, 1],
        ],
      },
    ],
  });
}
