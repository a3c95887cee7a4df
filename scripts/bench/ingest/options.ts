import { flag, integer } from '#libs/config';
import { parseCommandLine } from '#libs/service';
import { commandName } from '../run.js';

const options = {
  images: [
    '--images <n>',
    integer({ min: 1, max: 100_000, default: 300, description: 'images that each party takes in in a turn' }),
  ],
  size: ['--size <pixels>', integer({ min: 16, max: 4096, default: 512, description: 'height and width of them' })],
  callers: [
    '--callers <n>',
    integer({
      min: 1,
      max: 1000,
      default: 16,
      description: 'uploads at a time: each sends an image when one is stored',
    }),
  ],
  rounds: ['--rounds <n>', integer({ min: 1, max: 1000, default: 5, description: 'turns of each party' })],
  tls: [
    '--tls',
    flag({
      default: false,
      description: 'also an ingest with mutual TLS and an access policy, at a broker that knows its users, in turns',
    }),
  ],
  json: ['--json', flag({ default: false, description: 'one JSON line instead of a table' })],
} as const;

export type IngestBenchOptions = NonNullable<ReturnType<typeof readIngestOptions>>;

/**
 * Reads the command line; undefined when `--help` was asked for and answered.
 *
 * @throws INVALID_CONFIG naming every mistake
 */
export const readIngestOptions = (argv: readonly string[]) =>
  parseCommandLine(
    {
      name: commandName('ingest'),
      description: 'Measures uploads to an ingest process, until they are on the disk of a broker of its own.',
      options,
    },
    argv,
  )?.options;
