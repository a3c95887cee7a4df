import { csvLine } from '../predict/output.js';
import type { StoredRecord } from '#services/predictor';

/** How records are written. */
export interface RecordFormat {
  /** What comes first; may be empty. */
  header: string;
  /** One record, with its line break. */
  row: (stored: StoredRecord) => string;
}

const COLUMNS = [
  'time',
  'prediction_id',
  'model_version',
  'predicted_class',
  'probability',
  'protocol',
  'request',
  'sample_id',
] as const;

/** Rows stand alone, so that they can be followed: columns of the table have widths that fit what is usual. */
const WIDTHS = [24, 36, 16, 16, 11, 9, 24, 12];

export function recordFormat(kind: 'table' | 'csv' | 'json'): RecordFormat {
  switch (kind) {
    case 'json':
      return { header: '', row: ({ record, storedUnixMs }) => `${JSON.stringify({ ...record, storedUnixMs })}\n` };
    case 'csv':
      return { header: csvLine(COLUMNS), row: (stored) => csvLine(cellsOf(stored)) };
    case 'table':
      return {
        header: tableLine(COLUMNS.map((name) => name.replace('_', ' '))),
        row: (stored) => tableLine(shortened(cellsOf(stored))),
      };
  }
}

function cellsOf({ record }: StoredRecord): string[] {
  const { times, predictionId, modelVersion, predictedClass, probabilities, protocol, requestName, sampleId } = record;
  return [
    new Date(times?.answeredUnixMs ?? 0).toISOString(),
    predictionId,
    modelVersion,
    predictedClass,
    String(Math.max(...probabilities)),
    protocol,
    requestName,
    sampleId,
  ];
}

function shortened(cells: readonly string[]): string[] {
  const [time, id, version, predictedClass, probability, protocol, request, sample] = cells as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  // A caller may name its request anything: only what prints on one line reaches the terminal.
  return [
    time,
    id,
    version,
    predictedClass,
    `${(100 * Number(probability)).toFixed(2)} %`,
    protocol,
    request.replaceAll(/\p{C}/gu, '?').slice(0, 24),
    sample.slice(0, 12),
  ];
}

const tableLine = (cells: readonly string[]): string =>
  `${cells
    .map((cell, column) => cell.padEnd(WIDTHS[column]!))
    .join('  ')
    .trimEnd()}\n`;
