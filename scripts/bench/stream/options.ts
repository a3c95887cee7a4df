import { flag, integer } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { commandName } from '../run.js';

const options = {
  arrivals: ['--arrivals <n>', integer({ min: 100, max: 10_000_000, default: 20_000, description: 'images to send' })],
  size: ['--size <pixels>', integer({ min: 16, max: 512, default: 32, description: 'height and width of an image' })],
  limit: [
    '--limit <megabytes>',
    integer({ min: 4, max: 100_000, default: 10, description: 'size of the SCANS stream, far less than is sent' }),
  ],
  seed: ['--seed <n>', integer({ min: 0, max: 2 ** 31 - 1, default: 1, description: 'seed of images and training' })],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of a table' })],
} as const;

export type StreamBenchOptions = NonNullable<ReturnType<typeof readStreamOptions>>;

/** Reads the command line; undefined when `--help` was answered. Throws INVALID_CONFIG naming every mistake. */
export function readStreamOptions(argv: readonly string[]) {
  return parseCommandLine(
    {
      name: commandName('stream'),
      description:
        'Sends images to a real broker, preprocess, trainer and archive, and measures what one of them costs.',
      options,
    },
    argv,
  )?.options;
}
