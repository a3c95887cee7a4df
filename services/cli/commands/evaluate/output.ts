import { table } from '#libs/service';
import type { PairedFigures, VersionFigures } from './figures.js';
import { percent } from '../../shared/percent.js';

/** Everything that `sulcus evaluate` finds out. */
export interface Evaluation {
  versions: readonly VersionFigures[];
  /** Of two models. */
  paired?: PairedFigures;
}

/** For people. */
export const describeEvaluation = ({ versions, paired }: Evaluation): string =>
  [...versions.map(describeVersion), ...(paired ? [paired.sentence] : [])].join('\n\n');

function describeVersion(figures: VersionFigures): string {
  const { version, n, accuracy, accuracyInterval, loss, f1Weighted, calibrationError, temperature } = figures;
  const { perClass, confusion, unknownClasses } = figures;
  const [low, high] = accuracyInterval.map(percent);
  const unknown = Object.entries(unknownClasses).map(([name, count]) => `${count} ${name}`);
  return [
    version,
    `  accuracy     ${percent(accuracy)} of ${n} images (95 % interval ${low} to ${high})`,
    `  loss         ${loss.toFixed(4)}`,
    `  weighted F1  ${percent(f1Weighted)}`,
    `  calibration  error ${percent(calibrationError)} at temperature ${temperature.toFixed(3)}`,
    ...(unknown.length > 0 ? [`  left out     images of classes that it does not know: ${unknown.join(', ')}`] : []),
    '',
    ...indented(
      table(
        [
          ['id', 'class', 'images', 'precision', 'recall', 'F1'],
          ...perClass.map(({ class: name, id, precision, recall, f1, n: count }) => [
            String(id),
            name,
            String(count),
            percent(precision),
            percent(recall),
            percent(f1),
          ]),
        ],
        new Set([0, 2, 3, 4, 5]),
      ),
    ),
    '',
    ...indented(
      table(
        [
          ['true \\ answered', ...perClass.map(({ class: name }) => name)],
          ...confusion.map((row, id) => [perClass[id]!.class, ...row.map(String)]),
        ],
        new Set(perClass.map((_, index) => index + 1)),
      ),
    ),
  ].join('\n');
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);
