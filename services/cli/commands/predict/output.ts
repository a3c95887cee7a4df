import path from 'node:path';
import { table } from '#libs/service';
import { toCsv, type Cell } from '../../shared/csv.js';
import type { OutputFormat } from '../../shared/options.js';
import type { FilePrediction } from './predict-files.js';

/**
 * The answers as text that ends in a line break.
 *
 * @param classIds adds the file's name without its folder and the number of the class to CSV and JSON
 */
export function formatPredictions(
  predictions: readonly FilePrediction[],
  format: OutputFormat,
  { classIds = false }: { classIds?: boolean } = {},
): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(
        predictions.map((prediction) => ({ ...toJson(prediction), ...(classIds && idsOf(prediction)) })),
        undefined,
        2,
      )}\n`;
    case 'csv':
      return formatCsv(predictions, classIds);
    case 'table':
      return formatTable(predictions);
  }
}

interface ClassIds {
  fileName: string;
  /** Place of the predicted class among the model's outputs, from 0; absent when there is no answer. */
  predictedClassId?: number;
}

function idsOf(prediction: FilePrediction): ClassIds {
  const fileName = path.basename(prediction.file);
  if ('error' in prediction) return { fileName };
  const { probabilities, predictedClass } = prediction.response;
  return { fileName, predictedClassId: probabilities.findIndex(({ className }) => className === predictedClass) };
}

function toJson(prediction: FilePrediction): object {
  const { file } = prediction;
  if ('error' in prediction)
    return { file, error: { code: prediction.error.code, message: prediction.error.rawMessage } };
  const { predictedClass, probabilities, modelVersion, modelHash, predictionId, prepareMs, inferenceMs } =
    prediction.response;
  return {
    file,
    predictedClass,
    probabilities: Object.fromEntries(probabilities.map(({ className, probability }) => [className, probability])),
    modelVersion,
    modelHash,
    predictionId,
    prepareMs,
    inferenceMs,
  };
}

/** One column per class that occurs. */
function formatCsv(predictions: readonly FilePrediction[], classIds: boolean): string {
  const classes = [...new Set(predictions.flatMap(classesOf))];
  const probabilityColumns = classes.map((name) => `p(${name})`);
  const columns = ['file', 'predicted_class', ...probabilityColumns, 'model_version', 'prediction_id'];
  return toCsv(
    [...columns, 'error_code', 'error_message', ...(classIds ? ['file_name', 'predicted_class_id'] : [])],
    predictions.map((prediction) => {
      const { fileName, predictedClassId } = idsOf(prediction);
      return [...csvCells(prediction, classes), ...(classIds ? [fileName, predictedClassId] : [])];
    }),
  );
}

const classesOf = (prediction: FilePrediction): string[] =>
  'error' in prediction ? [] : prediction.response.probabilities.map(({ className }) => className);

function csvCells(prediction: FilePrediction, classes: readonly string[]): Cell[] {
  const { file } = prediction;
  if ('error' in prediction) {
    const { code, rawMessage } = prediction.error;
    return [file, '', ...classes.map(() => ''), '', '', code, rawMessage];
  }
  const { predictedClass, probabilities, modelVersion, predictionId } = prediction.response;
  const byClass = new Map(probabilities.map(({ className, probability }) => [className, probability]));
  return [file, predictedClass, ...classes.map((name) => byClass.get(name)), modelVersion, predictionId, '', ''];
}

function formatTable(predictions: readonly FilePrediction[]): string {
  const rows = predictions.map((prediction) => {
    if ('error' in prediction) return [prediction.file, 'none', '', prediction.error.rawMessage];
    const { predictedClass, probabilities, modelVersion } = prediction.response;
    const highest = Math.max(...probabilities.map(({ probability }) => probability));
    return [prediction.file, predictedClass, `${(100 * highest).toFixed(1)} %`, modelVersion];
  });
  return `${table([['file', 'class', 'probability', 'model version'], ...rows]).join('\n')}\n`;
}
