import { tableLine } from '#libs/service';
import type { StoredRecord } from '#services/predictor';
import { csvLine } from '../../shared/csv.js';
import type { OutputFormat } from '../../shared/options.js';

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

export function recordFormat(kind: OutputFormat): RecordFormat {
  switch (kind) {
    case 'json':
      return { header: '', row: ({ record, storedUnixMs }) => `${JSON.stringify({ ...record, storedUnixMs })}\n` };
    case 'csv':
      return { header: csvLine(COLUMNS), row: (stored) => csvLine(cellsOf(stored)) };
    case 'table':
      return {
        header: `${tableLine(
          COLUMNS.map((name) => name.replace('_', ' ')),
          WIDTHS,
        )}\n`,
        row: (stored) => `${tableLine(shortened(stored), WIDTHS)}\n`,
      };
  }
}

function cellsOf({ record }: StoredRecord): string[] {
  const { predictionId, modelVersion, predictedClass, protocol, requestName, sampleId } = record;
  return [
    answeredAt(record),
    predictionId,
    modelVersion,
    predictedClass,
    String(Math.max(...record.probabilities)),
    protocol,
    requestName,
    sampleId,
  ];
}

/** The same as far as it fits a line; the CSV has it whole. */
function shortened({ record }: StoredRecord): string[] {
  const { predictionId, modelVersion, predictedClass, protocol, requestName, sampleId } = record;
  return [
    answeredAt(record),
    predictionId,
    modelVersion,
    predictedClass,
    `${(100 * Math.max(...record.probabilities)).toFixed(2)} %`,
    protocol,
    // A caller may name its request anything: only what prints on one line reaches the terminal.
    requestName.replaceAll(/\p{C}/gu, '?').slice(0, 24),
    sampleId.slice(0, 12),
  ];
}

const answeredAt = ({ times }: StoredRecord['record']): string => new Date(times?.answeredUnixMs ?? 0).toISOString();
