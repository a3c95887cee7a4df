import { Command, CommanderError } from 'commander';
import { SulcusError } from '#libs/errors';
import { isMain, packageVersion, reportFailure } from '#libs/service';

/** A command's own entry: reads its options from the words after the command's name, and runs to its end. */
type CommandMain = (argv: readonly string[]) => Promise<void>;

/** Each command loads only what it needs: the tensor library and gRPC are slow to start. */
const COMMANDS: Readonly<Record<string, readonly [description: string, load: () => Promise<CommandMain>]>> = {
  up: [
    'run the whole pipeline on this machine (what npm start does)',
    async () => (await import('./commands/up.js')).main,
  ],
  ingest: ['take images in over gRPC and from a watched folder', async () => (await import('#services/ingest')).main],
  preprocess: ['turn scans into tensor batches', async () => (await import('#services/preprocess')).main],
  trainer: ['learn from the stream and offer model versions', async () => (await import('#services/trainer')).main],
  predictor: [
    'answer predictions over gRPC with the newest promoted model',
    async () => (await import('#services/predictor')).main,
  ],
  import: [
    'send a folder or a manifest of images to ingest',
    async () => (await import('./commands/import/import.js')).importMain,
  ],
  predict: [
    'ask the predictor about image files',
    async () => (await import('./commands/predict/predict.js')).predictMain,
  ],
  predictions: [
    'list records of predictions',
    async () => (await import('./commands/predictions/predictions.js')).predictionsMain,
  ],
  replay: [
    'make a recorded prediction again and compare',
    async () => (await import('./commands/replay/replay.js')).replayMain,
  ],
  study: ['ask the predictor about a whole study', async () => (await import('./commands/study/study.js')).studyMain],
  phantoms: [
    'write a data set of synthetic brain MR images',
    async () => (await import('./commands/phantoms.js')).phantomsMain,
  ],
  models: [
    'list the networks, or describe one layer by layer',
    async () => (await import('./commands/models.js')).main,
  ],
  versions: [
    'list the model versions, and why aliases moved',
    async () => (await import('./commands/versions.js')).versionsMain,
  ],
  promote: ['move an alias onto a model version', async () => (await import('./commands/promote.js')).promoteMain],
  rollback: ['undo the last promotion of an alias', async () => (await import('./commands/promote.js')).rollbackMain],
  weights: [
    'import pretrained weights from a file, draw them, export a version to one',
    async () => (await import('./commands/weights/weights.js')).main,
  ],
  doctor: [
    'look at what this machine has, and check that its engine computes right',
    async () => (await import('./commands/doctor.js')).doctorMain,
  ],
  trace: [
    'tell the story of one image from recorded spans',
    async () => (await import('./commands/trace.js')).traceMain,
  ],
};

/** Whoever reads the output may have seen enough, as `head` does. */
function endWithReader(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit();
}

/**
 * `sulcus <command> …`. Wrong usage is one line for each mistake and exit code 2.
 *
 * @param argv the words after `sulcus`
 */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on('error', endWithReader);
  const program = new Command('sulcus')
    .description('Edge-to-core streaming for medical imaging: images in, a learning model out.')
    .version(packageVersion())
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .configureOutput({ writeErr: () => undefined })
    .addHelpText('after', '\nEach command explains itself: sulcus <command> --help');
  for (const [name, [description, load]] of Object.entries(COMMANDS)) {
    // Everything after the command's name is the command's own business, --help too.
    program
      .command(name)
      .description(description)
      .argument('[words...]')
      .usage('[options]')
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .action(async (words: string[]) => (await load())(words));
  }
  if (argv.length === 0) return program.outputHelp();
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) reportFailure('sulcus', error);
    else if (error.exitCode !== 0)
      reportFailure(
        'sulcus',
        new SulcusError('INVALID_CONFIG', error.message.replace(/^error: /, ''), {
          details: { advice: 'see sulcus --help' },
        }),
      );
  }
}

if (isMain(import.meta.url)) await main(process.argv.slice(2));
