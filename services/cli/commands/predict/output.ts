import type { FilePrediction } from './predict-files.js';

/** How answers are written. */
export type OutputFormat = 'table' | 'csv' | 'json';

/** The answers as text that ends in a line break. */
export function formatPredictions(predictions: readonly FilePrediction[], format: OutputFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(predictions.map(toJson), null, 2)}\n`;
    case 'csv':
      return toCsv(predictions);
    case 'table':
      return toTable(predictions);
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

/** One column per class that occurs; RFC 4180. */
function toCsv(predictions: readonly FilePrediction[]): string {
  const classes = [
    ...new Set(
      predictions.flatMap((prediction) =>
        'error' in prediction ? [] : prediction.response.probabilities.map(({ className }) => className),
      ),
    ),
  ];
  const header = [
    'file',
    'predicted_class',
    ...classes.map((name) => `p(${name})`),
    'model_version',
    'prediction_id',
    'error_code',
    'error_message',
  ];
  const rows = predictions.map((prediction) => {
    if ('error' in prediction)
      return [
        prediction.file,
        '',
        ...classes.map(() => ''),
        '',
        '',
        prediction.error.code,
        prediction.error.rawMessage,
      ];
    const { predictedClass, probabilities, modelVersion, predictionId } = prediction.response;
    const byClass = new Map(probabilities.map(({ className, probability }) => [className, probability]));
    return [
      prediction.file,
      predictedClass,
      ...classes.map((name) => String(byClass.get(name) ?? '')),
      modelVersion,
      predictionId,
      '',
      '',
    ];
  });
  return [header, ...rows].map(csvLine).join('');
}

/** One line of CSV with its end; RFC 4180. */
export const csvLine = (row: readonly string[]): string => `${row.map(csvField).join(',')}\r\n`;

function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function toTable(predictions: readonly FilePrediction[]): string {
  const rows = predictions.map((prediction) => {
    if ('error' in prediction) return [prediction.file, prediction.error.code, '', prediction.error.rawMessage];
    const { predictedClass, probabilities, modelVersion } = prediction.response;
    const highest = Math.max(...probabilities.map(({ probability }) => probability));
    return [prediction.file, predictedClass, `${(100 * highest).toFixed(1)} %`, modelVersion];
  });
  const all = [['file', 'class', 'probability', 'model version'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => (column < 3 ? cell.padEnd(widths[column]!) : cell))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
