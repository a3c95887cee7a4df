import { choice, flag, integer, list } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { measureOptions, roundsOption } from './options.js';
import { commandName } from './run.js';

const VARIANTS = ['files', 'memory'] as const;

const variant = choice(VARIANTS, { description: 'a way of torchvision' });
const variants = list({
  default: ['files'],
  defaultText: 'files',
  minLength: 1,
  description: "torchvision's ways, comma-separated: files, or memory, which holds decoded images",
});

const OPTIONS = {
  source: [
    '--source <kind>',
    choice(['jpeg', 'cache'], {
      default: 'jpeg',
      description:
        'jpeg: files are decoded in every epoch; cache: prepared images are in memory, as from the second on',
    }),
  ],
  workers: [
    '--workers <n>',
    integer({ min: 1, max: 256, default: 2, description: "threads; with --peer, processes of PyTorch's loader" }),
  ],
  batch: ['--batch <images>', integer({ min: 1, max: 4096, default: 64, description: 'images per batch' })],
  size: [
    '--size <pixels>',
    integer({ min: 1, max: 4096, default: 244, description: 'height and width of the result' }),
  ],
  components: [
    '--components <n>',
    choice(['1', '3'], {
      default: '3',
      description: 'components of the files: 3, grey stored as colour as in the brain tumour data set, or 1',
    }),
  ],
  ...measureOptions,
  peer: ['--peer', flag({ default: false, description: 'measure torchvision beside, in turns' })],
  variants: [
    '--variants <list>',
    { ...variants, parse: (words: string) => variants.parse(words).map((word) => variant.parse(word)) },
  ],
  rounds: roundsOption,
} as const;

export type PreprocessBenchOptions = NonNullable<ReturnType<typeof readPreprocessOptions>>;

/**
 * Reads the command line; undefined when `--help` was asked for and answered.
 *
 * @throws INVALID_CONFIG naming every mistake
 */
export function readPreprocessOptions(argv: readonly string[]) {
  const description = `Measures what preprocess does: the S0 train transform on 512 px JPEG files of phantoms. With \
--peer torchvision does the same from the same files.`;
  const parsed = parseCommandLine({ name: commandName('preprocess'), description, options: OPTIONS }, argv);
  return parsed && { ...parsed.options, components: parsed.options.components === '1' ? (1 as const) : (3 as const) };
}
