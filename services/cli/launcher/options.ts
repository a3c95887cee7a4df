import { choice, flag, integer, number, optional, parseEnvironment, site, text } from '#libs/config';
import { devicesEnvironment, engineEnvironment } from '#libs/engine';
import { SulcusError } from '#libs/errors';
import { parseCommandLine, type ParsedOptions } from '#libs/service';
import { kaggleEnvironment } from '../shared/kaggle/environment.js';
import { columnsOption, dataSource, optionalNatsOption } from '../shared/options.js';

const port = (defaultPort: number, purpose: string) =>
  optional(
    integer({
      min: 1,
      max: 65_535,
      description: `port of ${purpose} (default: ${defaultPort}, or a free one when that is taken)`,
    }),
  );

const OPTIONS = {
  data: [
    '--data <path>',
    optional(
      dataSource(
        'folder of images in one folder per class, a CSV manifest, or a zip or tar file of either (default: phantoms ' +
          'are made)',
      ),
    ),
  ],
  columns: columnsOption,
  recipe: [
    '--recipe <name>',
    text({
      default: 'default',
      description: 'what to train and how; a name, or a JSON, JavaScript or TypeScript file',
    }),
  ],
  mode: [
    '--mode <mode>',
    optional(
      choice(['epochs', 'stream'], {
        description:
          'how to learn where the recipe leaves it open: in epochs over all images (default with --once), or each ' +
          'new one as it comes, with a few others again, at the same cost for ever (default without)',
      }),
    ),
  ],
  epochs: ['--epochs <n>', optional(integer({ min: 1, description: 'most epochs (default: the recipe says)' }))],
  seed: ['--seed <n>', integer({ default: 1, min: 0, max: 2 ** 31 - 1, description: 'seed of every random choice' })],
  once: [
    '--once',
    flag({
      default: false,
      description: 'import, train to the end, evaluate the test split through the predictor, print, exit',
    }),
  ],
  json: ['--json <file>', optional(text({ description: 'write the summary there (with --once, or when stopped)' }))],
  report: [
    '--report <folder>',
    optional(text({ description: 'write the report of --once there (default: report in the state folder)' })),
  ],
  pricePerHour: [
    '--price-per-hour <n>',
    optional(
      number({ min: 0, description: 'what this machine costs: the summary and the report say what the run did' }),
    ),
  ],
  run: [
    '--run <name>',
    site({ default: 'main', description: 'name of the training run; model versions are <run>-000001, …' }),
  ],
  phantoms: [
    '--phantoms <n>',
    optional(
      integer({
        min: 2,
        max: 100_000,
        description: 'phantoms per class when there is no --data (default: 250; with --site 60)',
      }),
    ),
  ],
  site: [
    '--site',
    flag({
      default: false,
      description:
        'play a hospital: a scanner sends studies of phantoms by C-STORE to an edge, reports label them, and of a ' +
        "new patient's study a DICOM SR is made; with --once that is the end",
    }),
  ],
  results: [
    '--results <folder>',
    optional(
      text({ description: 'with --site: write report, heat map and FHIR there (default: in the state folder)' }),
    ),
  ],
  state: [
    '--state <folder>',
    optional(text({ description: 'where streams, models, logs and traces are kept (see below)' })),
  ],
  nats: optionalNatsOption('a running NATS server to use instead of starting one'),
  fresh: ['--fresh', flag({ default: false, description: 'empty the state folder first' })],
  live: ['--no-live', flag({ default: true, description: 'print lines instead of the live view' })],
  portNats: ['--port-nats <port>', port(4222, 'the NATS server')],
  portMonitor: ['--port-monitor <port>', port(8222, "the NATS server's monitoring")],
  portIngest: ['--port-ingest <port>', port(7001, 'ingest')],
  portPredictor: ['--port-predictor <port>', port(7002, 'the predictor')],
  portDicom: ['--port-dicom <port>', port(11112, 'DICOM, with --site')],
} as const;

const NOTES = `State: ${[
  'without --once everything is kept in .sulcus/run/live, and the next start goes on where the last one ended.',
  'With --site it is .sulcus/run/site instead of live.',
  'With --once every run has a fresh folder .sulcus/run/once-<time> of its own, so that its accounting starts at 0;',
  'the newest few are kept. .sulcus/run/latest points to the newest run: its logs, its traces (sulcus trace), its',
  'streams. --state names another folder; with --once it must be empty, --fresh, or that of an interrupted run,',
  'which is gone on with.',
].join(' ')}`;

/** How a broker of our own is started. */
export const brokerEnvironment = {
  accounts: [
    'SULCUS_BROKER_ACCOUNTS',
    flag({
      default: true,
      description: 'false: a broker of its own asks nobody who he is; everybody who reaches its port may do everything',
    }),
  ],
} as const;

/** What the launcher reads itself; the services read the rest. */
const ENVIRONMENT = {
  natsServer: [
    'SULCUS_NATS_SERVER',
    optional(text({ description: "the nats-server program to start (default: set-up's, then the PATH)" })),
  ],
  ...brokerEnvironment,
  ...engineEnvironment,
  ...devicesEnvironment,
  ...kaggleEnvironment,
} as const;

export type UpOptions = ParsedOptions<typeof OPTIONS>;

/**
 * Reads the command line and environment of `sulcus up`; undefined when `--help` was answered.
 *
 * @throws INVALID_CONFIG naming every mistake
 */
export function readUpOptions(argv: readonly string[], environment?: NodeJS.ProcessEnv): UpOptions | undefined {
  const parsed = parseCommandLine(
    {
      name: 'sulcus up',
      description: 'Runs NATS and all services on this machine, and shows what they do.',
      options: OPTIONS,
      environment: ENVIRONMENT,
      notes: NOTES,
    },
    argv,
    environment,
  );
  if (!parsed) return undefined;
  const { options } = parsed;
  parseEnvironment(ENVIRONMENT, environment); // the services would find its mistakes later, each for itself
  if (options.nats !== undefined && (options.portNats ?? options.portMonitor) !== undefined) {
    throw new SulcusError(
      'INVALID_CONFIG',
      '--port-nats, --port-monitor: no NATS server is started while --nats or SULCUS_NATS_URL names one',
    );
  }
  if (options.site && options.data !== undefined)
    throw new SulcusError(
      'INVALID_CONFIG',
      '--site plays a hospital of phantoms: leave out --data (sulcus import takes DICOM of your own)',
    );
  if (!options.site && (options.results !== undefined || options.portDicom !== undefined))
    throw new SulcusError('INVALID_CONFIG', '--results, --port-dicom: they go with --site');
  return options;
}
