import type { PredictionRecord } from '#libs/contracts';
import { table } from '#libs/service';
import type { Comparison, Replayed } from '#services/predictor';

/** Everything a replay found. */
export interface ReplayReport {
  record: PredictionRecord;
  replayed: Replayed;
  comparison: Comparison;
  /** Where the input came from. */
  inputSource: string;
}

/** The report as one JSON object. */
export function toJson({ record, replayed, comparison, inputSource }: ReplayReport): string {
  const { predictionId, modelVersion, modelHash, transformHash, sampleId, classNames, probabilities } = record;
  const byClass = (values: ArrayLike<number>): Record<string, number> =>
    Object.fromEntries(classNames.map((name, index) => [name, values[index]!]));
  return JSON.stringify({
    predictionId,
    ...comparison,
    recorded: { probabilities: byClass(probabilities), computation: record.computation },
    replayed: { probabilities: byClass(replayed.probabilities), computation: replayed.computation },
    modelVersion,
    modelHash,
    transformHash,
    sampleId,
    inputSource,
  });
}

/** The report for people. */
export function toText(report: ReplayReport): string {
  const { record, replayed } = report;
  const { precision, batchSize, batchRow, engine, device, engineThreads } = replayed.computation;
  const where = `${engine} on ${device}, ${engineThreads} threads`;
  const preparation = `preparation ${shortHash(record.transformHash)}`;
  const rows = record.classNames.map((name, index) => {
    const [recorded, again] = [record.probabilities[index]!, replayed.probabilities[index]!];
    return [name, String(recorded), String(again), recorded === again ? '0' : (again - recorded).toExponential(2)];
  });
  return [
    `prediction  ${record.predictionId}, ${new Date(record.times?.receivedUnixMs ?? 0).toISOString()}`,
    `model       ${record.modelVersion}, weights ${shortHash(record.modelHash)}, ${preparation}: checked`,
    `input       ${record.sampleId}, ${record.inputFormat}, ${record.inputBytes} bytes, ${report.inputSource}: checked`,
    `computed    ${precision}, row ${batchRow} of a batch of ${batchSize}, ${where}`,
    '',
    ...table([['class', 'recorded', 'replayed', 'difference'], ...rows]),
    '',
    verdictLine(report.comparison),
    '',
  ].join('\n');
}

const shortHash = (hash: string): string => hash.slice(0, 16);

function verdictLine({ verdict, maxDifference, tolerance, computedOtherwise }: Comparison): string {
  const difference = maxDifference.toExponential(2);
  const otherwise = computedOtherwise.length === 0 ? '' : ` (${computedOtherwise.join('; ')})`;
  const outside =
    tolerance === 0 ? 'and nothing computed it otherwise than then' : `outside of the tolerance of ${tolerance}`;
  switch (verdict) {
    case 'identical':
      return `identical: the same 32-bit floats${otherwise}`;
    case 'close':
      return `close: apart by at most ${difference}, within the tolerance of ${tolerance}${otherwise}`;
    case 'different':
      return `DIFFERENT: apart by up to ${difference}, ${outside}${otherwise}`;
  }
}
