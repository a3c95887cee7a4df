import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { SulcusError } from '#libs/errors';
import type { TestPrediction } from '../launcher/evaluation/test-split.js';
import { makeFolder } from '../shared/make-folder.js';
import { epochPicture } from './charts.js';
import { makeExamples } from './examples.js';
import { metricsJson } from './metrics-json.js';
import { renderPage } from './page.js';
import { classReports, type ReportSource } from './report-data.js';
import { classTable, predictionTable, trainingTable, validationTable } from './tables.js';
import { trainingLog } from './training-log.js';
import { encodeEventFile, eventFileName, scalarEvents } from './tensorboard.js';

/** Event files have a folder of their own: TensorBoard takes all of a folder for one run. */
const TENSORBOARD_FOLDER = 'tensorboard';

/**
 * Makes the folder and shows that it can be written to, so that a run fails before it begins rather than at its end.
 *
 * @throws INVALID_CONFIG when that is not possible
 */
export function prepareReportFolder(folder: string): void {
  try {
    makeFolder(path.resolve(folder, TENSORBOARD_FOLDER));
    for (const name of readdirSync(path.join(folder, TENSORBOARD_FOLDER))) {
      if (/^events\.out\.tfevents\.\d+\.sulcus$/.test(name)) rmSync(path.join(folder, TENSORBOARD_FOLDER, name));
    }
  } catch (error) {
    throw new SulcusError('INVALID_CONFIG', `The report cannot be written to ${folder}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/**
 * Writes everything that is known of a run: tables, TensorBoard events, and a page for people. Files of the same names
 * are replaced.
 *
 * @param readImage gives the file of a test image, undefined when it is no longer stored
 */
export async function writeReport(
  folder: string,
  source: ReportSource,
  readImage: (prediction: TestPrediction) => Promise<Uint8Array | undefined>,
): Promise<void> {
  const { classes, history, evaluation, startedUnixMs } = source;
  prepareReportFolder(folder);
  const files: Record<string, string | Buffer> = {
    'metrics.csv': validationTable(history),
    'training.csv': trainingTable(history),
    'classes.csv': classTable(classReports(source)),
    'predictions.csv': predictionTable(evaluation.predictions, classes),
    'metrics.json': metricsJson(source),
    'accuracy.svg': epochPicture(history, 'accuracy', source.recipe),
    'loss.svg': epochPicture(history, 'loss', source.recipe),
    'training.log': trainingLog(history, startedUnixMs),
    'index.html': renderPage(source, await makeExamples(evaluation.predictions, readImage)),
    [path.join(TENSORBOARD_FOLDER, eventFileName(startedUnixMs))]: encodeEventFile(
      scalarEvents(history),
      startedUnixMs,
    ),
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
}
