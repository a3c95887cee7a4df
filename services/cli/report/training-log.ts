import type { TrainingHistory } from '../launcher/state/training-history.js';

/** As `2026-01-31 23:59:59`, UTC. */
const timeText = (unixMs: number): string => new Date(unixMs).toISOString().slice(0, 19).replace('T', ' ');

/** One line per validation in the words of the reproduced scripts, and how long it all took. Losses are means. */
export function trainingLog(history: TrainingHistory, startedUnixMs: number): string {
  const { validations, training } = history;
  const trained = history.trainingAtValidations();
  const lines = validations.map(({ loss, accuracy, timeUnixMs }, index) => {
    const { loss: trainLoss = NaN, accuracy: trainAccuracy = NaN } = trained[index] ?? {};
    return [
      `${timeText(timeUnixMs)} || [${index}/${validations.length}]`,
      `train_loss = ${trainLoss.toFixed(4)}`,
      `train_accuracy = ${trainAccuracy.toFixed(2)}`,
      `valid_loss = ${loss.toFixed(4)}`,
      `valid_accuracy = ${accuracy.toFixed(2)}`,
    ].join(', ');
  });
  const endedUnixMs = Math.max(
    startedUnixMs,
    ...[validations.at(-1), training.at(-1)].map((point) => point?.timeUnixMs ?? 0),
  );
  const seconds = Math.round((endedUnixMs - startedUnixMs) / 1000);
  return [...lines, `End of training, elapsed time : ${Math.floor(seconds / 60)} min ${seconds % 60} sec.`, ''].join(
    '\n',
  );
}
