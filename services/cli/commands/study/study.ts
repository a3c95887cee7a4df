import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { Streams, subjects } from '#libs/bus';
import { choice, duration, integer, list, number, optional, text } from '#libs/config';
import { codecs, type PredictStudyRequestInput, type StudyOptionsInput, type StudyPrediction } from '#libs/contracts';
import { SulcusError } from '#libs/errors';
import { createClient } from '#libs/rpc';
import { parseCommandLine, type ParsedOptions, runCommand } from '#libs/service';
import { AGGREGATIONS, MAX_VIEWS, toWireAggregation } from '#services/predictor';
import { connectCommand } from '../../shared/connect-command.js';
import { findImages } from '../../shared/image-files.js';
import { jsonOption, natsOption, outputOption, predictorOption } from '../../shared/options.js';
import { showProgress } from '../../shared/progress.js';
import { writeOutput } from '../../shared/write-output.js';
import { formatStudy } from './output.js';

const options = {
  stored: [
    '--stored <study>',
    optional(text({ description: 'predict the slices that were ingested under this pseudonym' })),
  ],
  published: [
    '--published <study>',
    optional(text({ description: 'show what was published last for this pseudonym, without predicting' })),
  ],
  aggregation: [
    '--aggregation <name>',
    optional(choice(AGGREGATIONS, { description: `how slices make a study: ${AGGREGATIONS.join(', ')}` })),
  ],
  topK: ['--top-k <n>', optional(integer({ min: 1, max: 10_000, description: 'slices of the top-k mean' }))],
  normalClasses: [
    '--normal <classes>',
    optional(list({ minLength: 1, description: 'classes that mean "no finding", comma-separated' })),
  ],
  threshold: [
    '--threshold <p>',
    optional(
      number({
        min: 1e-6,
        max: 1,
        description: 'probability of any finding from which the decision is a finding, above 0',
      }),
    ),
  ],
  minSlices: [
    '--min-slices <n>',
    optional(integer({ min: 1, max: 100_000, description: 'abstain with fewer usable slices' })),
  ],
  views: [
    '--views <n>',
    optional(integer({ min: 1, max: MAX_VIEWS, description: 'views of each slice for test-time augmentation' })),
  ],
  json: jsonOption(),
  output: outputOption('<file>', 'write there instead of to stdout'),
  address: predictorOption,
  nats: natsOption,
  timeoutMs: [
    '--timeout <time>',
    duration({ default: 300_000, description: 'time the answer may take, for example 10m' }),
  ],
} as const;

const notes = [
  'What is not given is as the predictor is configured.',
  'Exit code: 0 when there is a prediction, also one that abstains, 1 otherwise, 2 for wrong options.',
].join(' ');

/**
 * `sulcus study FILE|FOLDER`: asks a running predictor about a whole study. The answer goes to stdout.
 *
 * @param argv the words after the command's name
 */
export async function main(argv: readonly string[]): Promise<void> {
  const description =
    'Asks a running predictor about a study: the images of a folder, or the slices that were ingested.';
  const parsed = parseCommandLine({ name: 'sulcus study', description, operand: '[path]', options, notes }, argv);
  if (!parsed) return;
  const { operand: path } = parsed;
  const { stored, published, json, output } = parsed.options;
  if ([path, stored, published].filter((given) => given !== undefined).length !== 1) {
    throw new SulcusError('INVALID_CONFIG', 'Say which study: a path, --stored or --published, and only one of them');
  }
  await runCommand('study', async ({ signal }) => {
    const prediction =
      published === undefined
        ? await ask({ path, options: parsed.options }, signal)
        : await lastPublished(published, parsed.options.nats);
    await writeOutput(json ? `${JSON.stringify(prediction, undefined, 2)}\n` : formatStudy(prediction), output);
  });
}

async function ask(
  { path, options: given }: { path: string | undefined; options: ParsedOptions<typeof options> },
  signal: AbortSignal,
): Promise<StudyPrediction> {
  const files = path === undefined ? [] : await findImages([path]);
  using client = createClient('Predictor', given.address, { timeoutMs: given.timeoutMs, serverName: 'predictor' });
  await client.waitForReady();
  const life = { timeoutMs: given.timeoutMs, signal };
  const { prediction } =
    path === undefined
      ? await client.predictStoredStudy({ studyId: given.stored, options: toStudyOptions(given) }, life)
      : await client.predictStudy(requests(basename(path), files, toStudyOptions(given)), life);
  return prediction!;
}

/** What was not given stays out, and is as the predictor is configured. */
function toStudyOptions({
  aggregation,
  topK,
  normalClasses,
  threshold,
  minSlices,
  views,
}: ParsedOptions<typeof options>): StudyOptionsInput {
  return {
    topK,
    threshold,
    minSlices,
    views,
    ...(aggregation && { aggregation: toWireAggregation(aggregation) }),
    ...(normalClasses && { normalClasses: [...normalClasses] }),
  };
}

/** Files are read one by one, as fast as the predictor takes them. */
async function* requests(
  studyId: string,
  files: readonly string[],
  studyOptions: StudyOptionsInput,
): AsyncGenerator<PredictStudyRequestInput> {
  yield { study: { studyId, options: studyOptions } };
  for (const [index, file] of files.entries()) {
    showProgress(index + 1, files.length, 'slices');
    yield { slice: { name: file, image: await readFile(file) } };
  }
}

async function lastPublished(studyId: string, natsUrl: string): Promise<StudyPrediction> {
  await using bus = await connectCommand(natsUrl, 'study');
  const last = await bus.getLast(Streams.STUDIES, subjects.study(studyId), codecs.StudyPrediction);
  if (!last)
    throw new SulcusError(
      'NOT_FOUND',
      `Nothing was published for the study "${studyId}": is it complete, and does a predictor run with ` +
        'SULCUS_STUDIES=true?',
    );
  return last.message;
}
