import { classReports, macroAuc, type ReportSource } from './report-data.js';

/** All figures of a run in one object; what could not be measured is null. Fractions are 0-1. */
export function metricsJson(source: ReportSource): string {
  const { dataDescription: data, run, recipe, seed, classes, startedUnixMs, summary, history, evaluation } = source;
  const reports = classReports(source);
  const trained = history.trainingAtValidations();
  const document = {
    run: { name: run, recipe, seed, data, startedUnixMs, modelVersion: summary.served.version },
    classes,
    validations: history.validations.map(
      ({ step, epoch, samples, loss, accuracy, version, promoted, timeUnixMs }, index) => ({
        step,
        epoch,
        samples,
        loss,
        accuracy,
        trainLoss: trained[index]?.loss ?? null,
        trainAccuracy: trained[index]?.accuracy ?? null,
        version,
        promoted,
        timeUnixMs,
      }),
    ),
    training: history.training.map(
      ({ step, epoch, samples, loss, accuracy, learningRate, imagesPerSecond, timeUnixMs }) => ({
        step,
        epoch,
        samples,
        loss,
        accuracy,
        learningRate,
        imagesPerSecond,
        timeUnixMs,
      }),
    ),
    test: {
      ...evaluation.metrics,
      temperature: evaluation.temperature,
      rocAucMacro: macroAuc(reports) ?? null,
      classes: reports.map(({ roc, ...metrics }) => ({ ...metrics, rocAuc: roc?.auc ?? null })),
    },
    summary,
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}
