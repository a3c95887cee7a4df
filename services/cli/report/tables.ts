import type { TestPrediction } from '../launcher/evaluation/test-split.js';
import { toCsv } from '../shared/csv.js';
import type { ClassReport } from './report-data.js';
import type { TrainingHistory } from '../launcher/state/training-history.js';

/** One line per validation, with the training figures since the one before. */
export function validationTable(history: TrainingHistory): string {
  const trained = history.trainingAtValidations();
  return toCsv(
    [
      'step',
      'epoch',
      'train_loss',
      'train_accuracy',
      'valid_loss',
      'valid_accuracy',
      'valid_samples',
      'version',
      'promoted',
    ],
    history.validations.map(({ step, epoch, loss, accuracy, samples, version, promoted }, index) => [
      step,
      epoch,
      trained[index]?.loss,
      trained[index]?.accuracy,
      loss,
      accuracy,
      samples,
      version,
      promoted,
    ]),
  );
}

/** One line per report of the trainer. */
export function trainingTable({ training }: TrainingHistory): string {
  return toCsv(
    ['step', 'epoch', 'samples', 'loss', 'accuracy', 'learning_rate', 'images_per_second'],
    training.map(({ step, epoch, samples, loss, accuracy, learningRate, imagesPerSecond }) => [
      step,
      epoch,
      samples,
      loss,
      accuracy,
      learningRate,
      imagesPerSecond,
    ]),
  );
}

/** One line per class: how well the test split was told apart. */
export function classTable(reports: readonly ClassReport[]): string {
  return toCsv(
    ['class', 'support', 'precision', 'recall', 'f1', 'roc_auc'],
    reports.map(({ name, support, precision, recall, f1, roc }) => [name, support, precision, recall, f1, roc?.auc]),
  );
}

/** One line per image of the test split. */
export function predictionTable(predictions: readonly TestPrediction[], classes: readonly string[]): string {
  return toCsv(
    ['file_name', 'sample_id', 'true_class', 'predicted_class', ...classes.map((name) => `probability_${name}`)],
    predictions.map(({ fileName, sampleId, trueIndex, predictedIndex, probabilities }) => [
      fileName,
      sampleId,
      classes[trueIndex],
      classes[predictedIndex],
      ...probabilities,
    ]),
  );
}
