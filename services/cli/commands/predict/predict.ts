import { PredictorClient } from '#libs/client';
import { duration, flag, integer, optional, text } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { parseCommandLine, runCommand } from '#libs/service';
import { findImages } from '../../shared/image-files.js';
import { formatOf, jsonOption, outputOption, predictorOption } from '../../shared/options.js';
import { showProgress } from '../../shared/progress.js';
import { writeOutput } from '../../shared/write-output.js';
import { formatPredictions } from './output.js';
import { predictFiles, type FilePrediction } from './predict-files.js';
import { commonFolder, writeExplanation } from './write-explanation.js';

const options = {
  json: jsonOption(),
  csv: ['--csv', flag({ default: false, description: 'write CSV with one column per class instead of a table' })],
  classIds: [
    '--class-ids',
    flag({
      default: false,
      description:
        "with --csv or --json: also the file's name alone and the number of its class among the model's outputs, " +
        'from 0 (file_name, predicted_class_id; fileName, predictedClassId)',
    }),
  ],
  output: outputOption('<file>', 'write there instead of to stdout'),
  address: predictorOption,
  concurrency: [
    '--concurrency <n>',
    integer({ min: 1, max: 1000, default: 8, description: 'images asked about at the same time' }),
  ],
  explain: [
    '--explain <folder>',
    optional(
      text({ description: 'write there, for each image, what in it speaks for its class: a PNG of its own size' }),
    ),
  ],
  explainClass: [
    '--explain-class <name>',
    optional(text({ description: 'explain this class instead of the predicted one' })),
  ],
  timeoutMs: [
    '--timeout <time>',
    duration({ default: 30_000, description: 'time one answer may take, for example 5s' }),
  ],
  waitMs: [
    '--wait <time>',
    duration({
      default: 10_000,
      description: 'time the predictor may take to have a model in service, for example 1m',
    }),
  ],
} as const;

const notes = 'Exit code: 0 when every image was answered, 1 otherwise, 2 for wrong options.';

/**
 * `sulcus predict FILE|FOLDER…`: asks a running predictor about images. Answers go to stdout, progress to stderr.
 *
 * @param argv the words after the command's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  const parsed = parseCommandLine(
    {
      name: 'sulcus predict',
      description: 'Asks a running predictor about image files, and about all images in folders at any depth.',
      operand: '<path...>',
      options,
      notes,
    },
    argv,
  );
  if (!parsed) return;
  const { classIds, output, concurrency, timeoutMs, waitMs, explain, explainClass } = parsed.options;
  const format = formatOf(parsed.options);
  if (explainClass !== undefined && explain === undefined)
    throw new SulcusError('INVALID_CONFIG', '--explain-class needs --explain, which says where the pictures go');

  if (classIds && format === 'table')
    throw new SulcusError('INVALID_CONFIG', '--class-ids needs --csv or --json, which have a place for them');

  await runCommand('predict', async ({ signal }) => {
    const files = await findImages(parsed.operands);
    using client = new PredictorClient(parsed.options.address, { timeoutMs });
    await client.waitUntilServing({ timeoutMs: waitMs, signal });

    const predictions: FilePrediction[] = [];
    const imageFolder = commonFolder(files);
    const request = explain === undefined ? undefined : { explain: { className: explainClass } };
    for await (const prediction of predictFiles(files, { client, concurrency, timeoutMs, signal, request })) {
      predictions.push(prediction);
      if (explain !== undefined) await writeExplanation(explain, imageFolder, prediction);
      showProgress(predictions.length, files.length, 'images');
    }
    await writeOutput(formatPredictions(predictions, format, { classIds }), output);
    reportFailed(predictions);
  });
}

function reportFailed(predictions: readonly FilePrediction[]): void {
  const failed = predictions.filter((prediction) => 'error' in prediction).length;
  if (failed === 0) return;
  process.stderr.write(`predict: ${failed} of ${predictions.length} images were not answered\n`);
  process.exitCode = 1;
}
