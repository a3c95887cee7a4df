import { availableParallelism } from 'node:os';
import { optional, text } from '#libs/config';
import { startEngine } from '#libs/engine';
import { ImageWorkerPool } from '#libs/imaging';
import { parseCommandLine, runCommand } from '#libs/service';
import { importEnvironment, parseColumns, readImportConfig } from '#services/ingest';
import { columnsOption, dataSource, jsonOption, natsOption } from '../../shared/options.js';
import { showProgress } from '../../shared/progress.js';
import { recipeNamed } from '../../shared/recipe-named.js';
import { answerImages, listImages, type Refusals } from './answer-images.js';
import { figuresOf, pairedFigures, type AnsweredSubject } from './figures.js';
import { describeEvaluation, type Evaluation } from './output.js';
import { openSubject } from './subject.js';

const OPTIONS = {
  data: ['--data <path>', dataSource('folder of images in one folder per class, a CSV manifest, or either packed')],
  columns: columnsOption,
  recipe: [
    '--recipe <name>',
    optional(text({ description: 'how weight files are asked that do not say so themselves; a name or a file' })),
  ],
  json: jsonOption('write one line of JSON'),
  nats: natsOption,
} as const;

/** Which files are taken: as an import does. */
const { maxPixels, maxFileBytes, acceptMislabelled } = importEnvironment;
const ENVIRONMENT = { maxPixels, maxFileBytes, acceptMislabelled };

const NOTES = `Files that an import would refuse are left out and named. Classes have the ids of the model's outputs. \
With two models their answers to the same images are compared: exact McNemar test, Tango's interval.`;

/** Refusals shown one by one. */
const MAX_SHOWN_REFUSALS = 50;

/** `sulcus evaluate MODEL… --data DIR`: how well models answer images, each as its own card says. */
export async function main(argv: readonly string[]): Promise<void> {
  const description = 'Measures versions, or weight files, on labelled images; of two it says whether one is better.';
  const parsed = parseCommandLine(
    {
      name: 'sulcus evaluate',
      description,
      operand: '<model...>',
      options: OPTIONS,
      environment: ENVIRONMENT,
      notes: NOTES,
    },
    argv,
  );
  if (!parsed) return;
  const { data, columns, json, nats, recipe } = parsed.options;

  await runCommand('evaluate', async ({ signal }) => {
    const limits = readImportConfig();
    const files = await listImages(data, columns && parseColumns(columns));
    await using engine = await startEngine({ label: 'evaluate' });
    await using pool = new ImageWorkerPool({
      threads: availableParallelism(),
      limits: { maxPixels: limits.maxPixels, maxBytes: limits.maxFileBytes },
    });
    const sources = {
      natsUrl: nats,
      engine: engine.info,
      recipe: recipe === undefined ? undefined : await recipeNamed(recipe),
      dataClasses: [...new Set(files.map(({ label }) => label).filter((label) => label !== ''))].sort(),
    };
    const refusals: Refusals = new Map();
    const answered: AnsweredSubject[] = [];
    for (const name of parsed.operands) {
      const subject = await openSubject(name, sources);
      const onProgress = (done: number): void => showProgress(done, files.length, 'images');
      const answers = await answerImages(subject, files, { engine, pool, limits, refusals, onProgress, signal });
      answered.push({ name, classes: subject.classes, temperature: subject.temperature, answers });
    }
    tellRefusals(refusals);
    const [first, second] = answered;
    const evaluation: Evaluation = {
      versions: answered.map(figuresOf),
      ...(answered.length === 2 && { paired: pairedFigures(first!, second!) }),
    };
    console.log(json ? JSON.stringify(evaluation) : describeEvaluation(evaluation));
  });
}

function tellRefusals(refusals: Refusals): void {
  const lines = [...refusals].map(([source, error]) => `evaluate: left out ${source}: ${error.message}`);
  const rest = lines.length - MAX_SHOWN_REFUSALS;
  for (const line of lines.slice(0, MAX_SHOWN_REFUSALS)) process.stderr.write(`${line}\n`);
  if (rest > 0) process.stderr.write(`evaluate: and ${rest} more\n`);
}
