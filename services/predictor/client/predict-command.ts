import { writeFile } from 'node:fs/promises';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { parseEnvironment } from '#libs/config';
import { SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';
import { runService } from '#libs/service';
import { predictorEnvironment } from '../config.js';
import { findImages } from './image-files.js';
import { formatPredictions, type OutputFormat } from './output.js';
import { predictFiles, type FilePrediction } from './predict-files.js';

interface PredictOptions {
  address?: string;
  csv?: true;
  json?: true;
  output?: string;
  concurrency: number;
  timeout: number;
}

/**
 * `sulcus predict FILE|DIR…`: asks a running predictor about images. Answers go to stdout, progress to stderr. Exit code
 * 0 when every image was answered, 1 otherwise, 2 for wrong options.
 *
 * @param argv arguments after the command's name
 */
export async function predictMain(argv: readonly string[]): Promise<void> {
  await runService('predict', async ({ signal }) => {
    const parsed = parseArguments(argv);
    if (!parsed) return;
    const { paths, options } = parsed;
    const address = options.address ?? parseEnvironment({ address: predictorEnvironment.address }).address;
    const files = await findImages(paths);
    using client = createClient('Predictor', address, { timeoutMs: options.timeout });
    await client.waitForReady();

    const predictions: FilePrediction[] = [];
    for await (const prediction of predictFiles(files, { client, concurrency: options.concurrency, timeoutMs: options.timeout, signal })) {
      predictions.push(prediction);
      showProgress(predictions.length, files.length);
    }

    const format: OutputFormat = options.json ? 'json' : options.csv ? 'csv' : 'table';
    const text = formatPredictions(predictions, format);
    if (options.output === undefined) process.stdout.write(text);
    else await writeFile(options.output, text);

    const failed = predictions.filter((prediction) => 'error' in prediction).length;
    if (failed > 0) {
      process.stderr.write(`predict: ${failed} of ${files.length} images were not answered\n`);
      process.exitCode = 1;
    }
  });
}

/** Undefined after `--help`, which has been answered. */
function parseArguments(argv: readonly string[]): { paths: string[]; options: PredictOptions } | undefined {
  const command = new Command('predict')
    .description('Ask a running predictor about image files')
    .argument('<path...>', 'image files, or folders that are searched for them')
    .option('--address <host:port>', `predictor to ask (default: SULCUS_PREDICTOR_ADDRESS or ${predictorEnvironment.address[1].default})`)
    .addOption(new Option('--json', 'write a JSON array').conflicts('csv'))
    .option('--csv', 'write CSV with one column per class')
    .option('--output <file>', 'write there instead of to stdout')
    .option('--concurrency <n>', 'images asked about at the same time', wholeNumber, 8)
    .option('--timeout <ms>', 'time one answer may take, in milliseconds', wholeNumber, 30_000)
    .exitOverride()
    .configureOutput({ outputError: () => undefined });
  try {
    command.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return undefined;
    throw new SulcusError('INVALID_CONFIG', `${error.message.replace(/^error: /, '')} (see sulcus predict --help)`);
  }
  return { paths: command.args, options: command.opts() };
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('Expected a whole number from 1.');
  return value;
}

function showProgress(done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  process.stderr.write(done === total ? '\r\u001b[K' : `\r${done} of ${total} images`);
}
