import { flag, integer, integers } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { commandName } from '../run.js';

const options = {
  workers: [
    '--workers <n,…>',
    integers({ min: 1, max: 16, default: [1, 2], description: 'numbers of preprocess workers, comma-separated' }),
  ],
  images: ['--images <n>', integer({ min: 32, max: 10_000, default: 96, description: 'images of the data set' })],
  size: ['--size <pixels>', integer({ min: 64, max: 2048, default: 512, description: 'height and width of an image' })],
  seconds: ['--seconds <n>', integer({ min: 2, max: 600, default: 15, description: 'time of each measurement' })],
  rounds: ['--rounds <n>', integer({ min: 1, max: 50, default: 5, description: 'turns of the two broker clients' })],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of a table' })],
} as const;

export type PipelineBenchOptions = NonNullable<ReturnType<typeof readPipelineOptions>>;

/** Reads the command line; undefined when `--help` was answered. Throws INVALID_CONFIG naming every mistake. */
export function readPipelineOptions(argv: readonly string[]) {
  return parseCommandLine(
    {
      name: commandName('pipeline'),
      description:
        'Trains a small network on large images with one and with several preprocess workers, and compares storing a ' +
        '100 KB image through our bus with a raw NATS client.',
      options,
    },
    argv,
  )?.options;
}
