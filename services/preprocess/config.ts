import { availableParallelism } from 'node:os';
import { busEnvironment } from '#libs/bus';
import { bytes, integer, parseEnvironment, type Parsed } from '#libs/config';
import { DEFAULT_MAX_BYTES, DEFAULT_MAX_PIXELS } from '#libs/imaging';

/** Environment of a preprocess worker. */
export const environment = {
  ...busEnvironment,
  concurrency: [
    'SULCUS_PREPROCESS_CONCURRENCY',
    integer({
      min: 1,
      max: 256,
      default: 2 * availableParallelism(),
      defaultText: 'twice the cores',
      description: 'images fetched and decoded at once',
    }),
  ],
  threads: [
    'SULCUS_PREPROCESS_THREADS',
    integer({
      min: 1,
      max: 256,
      default: availableParallelism(),
      defaultText: 'one per core',
      description: 'threads that decode and augment',
    }),
  ],
  cacheBytes: [
    'SULCUS_CACHE_BYTES',
    bytes({
      default: 512 * 2 ** 20,
      description: 'memory for prepared images, so that they are decoded once and not in every epoch',
    }),
  ],
  maxPixels: [
    'SULCUS_MAX_PIXELS',
    integer({
      default: DEFAULT_MAX_PIXELS,
      min: 1,
      description: 'largest image, width times height; not below what ingest takes in',
    }),
  ],
  maxFileBytes: [
    'SULCUS_MAX_FILE_BYTES',
    bytes({ default: DEFAULT_MAX_BYTES, description: 'largest image file; not below what ingest takes in' }),
  ],
} as const;

export type PreprocessConfig = Parsed<typeof environment>;

/** @throws INVALID_CONFIG naming every mistake at once */
export const readConfig = (env: NodeJS.ProcessEnv = process.env): PreprocessConfig =>
  parseEnvironment(environment, env);
