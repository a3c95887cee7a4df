import { busEnvironment } from '#libs/bus';
import { archiveEnvironment } from '#libs/archive';
import { duration, integer, number, parseEnvironment, type Parsed } from '#libs/config';
import { SulcusError } from '#libs/errors';

const DAY_MS = 86_400_000;

/** Environment of the archiver. */
export const environment = {
  ...busEnvironment,
  ...archiveEnvironment,
  highWatermark: [
    'SULCUS_ARCHIVE_HIGH_WATERMARK',
    number({
      min: 0.01,
      max: 0.99,
      default: 0.7,
      description: 'share of the limit of SCANS above which scans leave for the archive',
    }),
  ],
  lowWatermark: [
    'SULCUS_ARCHIVE_LOW_WATERMARK',
    number({ min: 0, max: 0.99, default: 0.6, description: 'share of the limit of SCANS down to which they leave' }),
  ],
  unlabelledAgeMs: [
    'SULCUS_ARCHIVE_UNLABELLED_AGE',
    duration({ default: 30 * DAY_MS, description: 'age at which a scan without a label leaves in any case' }),
  ],
  runAgeMs: [
    'SULCUS_ARCHIVE_RUN_AGE',
    duration({
      default: 7 * DAY_MS,
      description:
        'a run without a sign of life for so long needs no scan any more; labelled scans wait so long for a run',
    }),
  ],
  intervalMs: [
    'SULCUS_ARCHIVE_INTERVAL',
    duration({ default: 500, description: 'time between two looks at how full SCANS is' }),
  ],
  concurrency: [
    'SULCUS_ARCHIVE_CONCURRENCY',
    integer({ min: 1, max: 64, default: 8, description: 'scans archived at once; each holds one image in memory' }),
  ],
} as const;

export type ArchiverConfig = Parsed<typeof environment>;

/** @throws INVALID_CONFIG naming every mistake at once */
export function readConfig(env: NodeJS.ProcessEnv = process.env): ArchiverConfig {
  const config = parseEnvironment(environment, env);
  if (config.lowWatermark < config.highWatermark) return config;
  const mistake =
    `SULCUS_ARCHIVE_LOW_WATERMARK ${config.lowWatermark}: expected less than ` +
    `SULCUS_ARCHIVE_HIGH_WATERMARK, which is ${config.highWatermark}`;
  throw new SulcusError('INVALID_CONFIG', mistake, { details: { mistakes: [mistake] } });
}
