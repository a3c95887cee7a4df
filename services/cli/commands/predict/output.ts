import { table } from '#libs/service';
import { toCsv, type Cell } from '../../shared/csv.js';
import type { OutputFormat } from '../../shared/options.js';
import type { FilePrediction } from './predict-files.js';

/** The answers as text that ends in a line break. */
export function formatPredictions(predictions: readonly FilePrediction[], format: OutputFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(predictions.map(toJson), undefined, 2)}\n`;
    case 'csv':
      return formatCsv(predictions);
    case 'table':
      return formatTable(predictions);
  }
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
function formatCsv(predictions: readonly FilePrediction[]): string {
  const classes = [...new Set(predictions.flatMap(classesOf))];
  const probabilityColumns = classes.map((name) => `p(${name})`);
  return toCsv(
    ['file', 'predicted_class', ...probabilityColumns, 'model_version', 'prediction_id', 'error_code', 'error_message'],
    predictions.map((prediction) => csvCells(prediction, classes)),
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
